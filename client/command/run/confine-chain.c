/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What the disks of a confined QEMU are based on. */
#include "client/command/run/confine-chain.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/common/whole-path.h"
#include "client/command/qemu/qemu-chain.h"
#include "client/command/run/confine-shared.h"
#include "client/command/run/run.h"
#include "client/text/message.h"

static int refuse(const struct qemu_file *image, const char *what, const char *why)
{
	return command_fail(VMGRANT_UNSUPPORTED, _("--confine: %s %.256s: is based on %.256s: %s"),
			    image->option, image->path, what, why);
}

/* ---- what the person named ---- */

/* Without links; to be freed. NULL: there is none, or no longer. */
static char *path_of(int fd)
{
	char *link = text_format("/proc/self/fd/%d", fd), path[PATH_MAX];
	ssize_t length = readlink(link, path, sizeof path);

	free(link);
	return length <= 0 || (size_t)length == sizeof path
		       ? NULL : text_format("%.*s", (int)length, path);
}

/* That file, or a folder above it: what is there now, however it is named. */
static int is_at(struct confine *confine, const char *place, const char *path, int *is_itself_out)
{
	int fd = confine_open(confine, place, O_PATH | O_CLOEXEC, NULL);
	char *real = fd < 0 ? NULL : path_of(fd);
	const size_t length = real == NULL ? 0 : strlen(real);
	int result = length > 0 && strncmp(path, real, length) == 0 &&
		     (path[length] == '\0' || path[length] == '/');

	*is_itself_out = result && path[length] == '\0';
	free(real);
	if (fd >= 0)
		close(fd);
	return result;
}

/*
 * Whoever writes an image has it say what it is based on, and that may be a guest that broke out
 * of the last QEMU: only what the person named is opened. Judged is the file that is open, so
 * that no link is between. What has a name of its own needs no way there any more.
 */
static int is_named(struct confine *confine, int fd)
{
	char *path = path_of(fd);
	int result = 0, is_itself;

	for (size_t i = 0; path != NULL && i < confine->place_count; i++) {
		if (!is_at(confine, confine->places[i].path, path, &is_itself))
			continue;
		if (is_itself)
			confine->places[i].access = CONFINE_BY_FD;
		result = 1;
	}
	free(path);
	return result;
}

static int refuse_unnamed(const struct qemu_file *image, const char *what, int fd)
{
	char *path = path_of(fd), *why;
	int code;

	why = text_format(_("an image may say anything: if that is right, --file %.256s:ro"),
			  path == NULL ? what : path);
	code = refuse(image, what, why);
	free(why);
	free(path);
	return code;
}

/* ---- the chain ---- */

struct asking {
	struct run *run;
	const char *image; /* what the person named as a disk */
	struct words words;
};

/* Opened for nothing but its name: a device may do something when it is opened. */
static int is_path_named(struct confine *confine, const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	int result = fd >= 0 && is_named(confine, fd);

	if (fd >= 0)
		close(fd);
	return result;
}

/*
 * qemu-img reads what a guest may have written, so it is shut in with that one image. Not under
 * another id: it is to open the image by its name.
 */
static char *const *shut_in(void *data, const struct qemu_file *image)
{
	struct asking *asking = data;
	struct confine *confine = &asking->run->confine.confine;
	struct words *words = &asking->words;
	char *path;

	if (strcmp(image->path, asking->image) != 0 && !is_path_named(confine, image->path))
		return NULL;
	path = whole_path(image->path);
	words_release(words);
	words_add(words, text_format("/proc/self/exe"));
	words_add(words, text_format("run"));
	words_add(words, text_format("--confine=same-user%s",
				     confine->level == CONFINE_BEST ? ",best" : ""));
	words_add(words, text_format("--file"));
	words_add(words, text_format("%s:ro", path));
	words_add(words, text_format("--"));
	free(path);
	return words->items;
}

/* The image alone, so that what is added is its own chain, from top to bottom. */
static void find_chain(struct run *run, const struct qemu_file *image, struct qemu_files *chain)
{
	struct asking asking = { .run = run, .image = image->path };
	const struct qemu_chain_asker asker = { shut_in, &asking };

	chain->items = text_need(calloc(1, sizeof *chain->items));
	chain->count = 1;
	chain->items[0] = *image;
	chain->items[0].path = text_format("%s", image->path);
	chain->items[0].format = image->format == NULL ? NULL : text_format("%s", image->format);
	chain->items[0].node = NULL;
	qemu_chain_find(chain, &asker);
	words_release(&asking.words);
}

/* "backing.backing." before the keys of the second one below. Without a format QEMU looks for it. */
static void add_keys(struct run *run, size_t word, size_t depth, const char *format, unsigned set)
{
	char *prefix = NULL, *driver = text_format("%s", ""), *changed;

	for (size_t i = 0; i < depth; i++)
		text_append(&prefix, "backing.", sizeof "backing." - 1);
	if (format != NULL) {
		free(driver);
		driver = text_format("%sdriver=%s,", prefix, format);
	}
	changed = text_format("%s,%s%sfile.driver=file,%sfile.filename=/dev/fdset/%u",
			      run->words.items[word], driver, prefix, prefix, set);
	free(driver);
	free(prefix);
	free(run->words.items[word]);
	run->words.items[word] = changed;
}

/* Its name is judged before a device could do anything. */
static int open_named(struct run *run, const struct qemu_file *image, const struct qemu_file *below,
		      int *fd_out)
{
	int found_fd = open(below->path, O_PATH | O_CLOEXEC), code = VMGRANT_GRANTED;

	if (found_fd < 0)
		return refuse(image, below->path, strerror(errno));
	if (!is_named(&run->confine.confine, found_fd)) {
		code = refuse_unnamed(image, below->path, found_fd);
	} else {
		*fd_out = confine_shared_reopen(found_fd, O_RDONLY | O_NOCTTY | O_NONBLOCK);
		if (*fd_out < 0)
			code = refuse(image, below->path, strerror(errno));
	}
	close(found_fd);
	return code;
}

static int open_one(struct run *run, const struct qemu_file *image, const struct qemu_file *below,
		    size_t word, size_t depth, unsigned set)
{
	int fd = -1, code;

	if (strcmp(image->option, "-drive") != 0 || *run->words.items[word] == '{')
		return refuse(image, below->path,
			      _("only -drive can be told where it is: use that"));
	/* Or a part of it, not what it is based on. */
	if (below->use != QEMU_USE_READ || below->is_backing_named)
		return refuse(image, below->path, _("not a file that is only read"));
	code = open_named(run, image, below, &fd);
	if (code != VMGRANT_GRANTED)
		return code;
	if (run->is_dry) {
		close(fd);
		fd = run->example_fd++;
	}
	launch_add_fd(&run->words, fd, set, "file");
	add_keys(run, word, depth, below->format, set);
	return VMGRANT_GRANTED;
}

int confine_chain_open(struct run *run, const struct qemu_file *image, size_t word, unsigned set)
{
	struct qemu_files chain = { 0 };
	int code = VMGRANT_GRANTED;

	if (!image->is_image || image->is_backing_named)
		return VMGRANT_GRANTED;
	find_chain(run, image, &chain);
	for (size_t i = 0; i < chain.doubt_count; i++)
		(void)command_fail(0, _("--confine: %s %.256s: %s"), image->option, image->path,
				   _(chain.doubts[i].why));
	for (size_t i = 1; code == VMGRANT_GRANTED && i < chain.count; i++) {
		set = launch_free_set(set, run->words.items);
		code = open_one(run, image, &chain.items[i], word, i, set);
	}
	qemu_files_release(&chain);
	return code;
}
