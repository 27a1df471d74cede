/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Where the readers of QEMU's options put what they find. Runs as the person. */
#include "client/qemu/reading.h"

#include <stdlib.h>
#include <string.h>

#include "client/text/message.h"
#include "client/text/text.h"

/* Room for one more behind count items, which grows in steps of powers of two. */
static void *room(void *items, size_t count, size_t size)
{
	if ((count & (count + 1)) == 0)
		return text_need(reallocarray(items, 2 * count + 1, size));
	return items;
}

struct qemu_file *reading_add(struct reading *reading, const char *path, enum qemu_use use,
			      unsigned take, struct qemu_place place)
{
	struct qemu_files *found = reading->found;
	struct qemu_file *file;

	found->items = room(found->items, found->count, sizeof *found->items);
	file = &found->items[found->count++];
	*file = (struct qemu_file){
		.path = text_need(strdup(path)),
		.use = use,
		.option = reading->option,
		.place = { .word = reading->word },
		.is_read_only = (take & TAKE_READ_ONLY) != 0,
		.is_searched = (take & TAKE_SEARCHED) != 0,
		.is_implied = (take & TAKE_IMPLIED) != 0,
		.is_optional = (take & TAKE_OPTIONAL) != 0,
		.is_abstract = (take & TAKE_ABSTRACT) != 0,
	};
	if ((take & TAKE_FDSET) != 0)
		file->place = place;
	return file;
}

void reading_doubt(struct reading *reading, const char *text, const char *why)
{
	struct qemu_files *found = reading->found;

	found->doubts = room(found->doubts, found->doubt_count, sizeof *found->doubts);
	found->doubts[found->doubt_count++] = (struct qemu_doubt){
		.word = reading->word,
		.option = text_need(strdup(reading->option)),
		.text = text_need(strdup(text)),
		.why = why,
	};
}

void reading_doubt_pair(struct reading *reading, const struct pair *pair)
{
	char *text = text_format("%s=%s", pair->key, pair->value);

	reading_doubt(reading, text, N_("not known to name a file"));
	free(text);
}

int reading_is_path(const char *text)
{
	return *text == '/' || strncmp(text, "./", 2) == 0 || strncmp(text, "../", 3) == 0;
}

int kind_fits(const char *pattern, const char *kind)
{
	size_t length = pattern != NULL ? strlen(pattern) : 0;

	if (pattern == NULL)
		return 1;
	if (kind == NULL)
		return 0;
	if (length > 0 && pattern[length - 1] == '*')
		return strncmp(pattern, kind, length - 1) == 0;
	return strcmp(pattern, kind) == 0;
}

struct qemu_place reading_place(const struct reading *reading, const char *text)
{
	return (struct qemu_place){
		.word = reading->word,
		.length = reading->word >= 0 ? strlen(text) : 0,
	};
}

void qemu_files_release(struct qemu_files *found)
{
	for (size_t i = 0; i < found->count; i++) {
		free(found->items[i].path);
		free(found->items[i].format);
		free(found->items[i].node);
	}
	for (size_t i = 0; i < found->doubt_count; i++) {
		free(found->doubts[i].option);
		free(found->doubts[i].text);
	}
	free(found->items);
	free(found->doubts);
	*found = (struct qemu_files){ 0 };
}

const char *qemu_use_word(enum qemu_use use)
{
	static const char *const words[] = {
		[QEMU_USE_READ] = "read",       [QEMU_USE_READ_WRITE] = "read-write",
		[QEMU_USE_MAKE] = "make",       [QEMU_USE_MAKE_SOCKET] = "make-socket",
		[QEMU_USE_CONNECT] = "connect", [QEMU_USE_FOLDER] = "folder",
		[QEMU_USE_RUN] = "run",         [QEMU_USE_TEMPORARY] = "temporary",
	};

	return words[use];
}
