/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The files that a disk image names in itself. Runs as the person. */
#include "client/qemu/chain.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/qemu/reading.h"
#include "client/text/text.h"

static uint64_t big_endian(const unsigned char *bytes, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | bytes[i];
	return value;
}

/* Has a qcow2 image a name of another in it? QEMU: docs/interop/qcow2.txt. */
static int qcow2_names_files(const unsigned char *header, size_t size)
{
	static const uint64_t external_data = 1 << 2;

	if (size < CHAIN_HEADER_SIZE)
		return 1;
	return big_endian(header + 8, 8) != 0 ||
	       (big_endian(header + 4, 4) >= 3 &&
		(big_endian(header + 72, 8) & external_data) != 0);
}

int chain_is_possible(const char *format, const unsigned char *header, size_t size)
{
	static const char *const formats[] = { "qcow2", "qcow", "qed", "vmdk" };
	/* VMDK's description is text; QEMU looks for it behind comments. */
	static const char *const magics[] = { "QFI\xfb", "QED", "KDMV", "COWD", "#", "version=" };
	int is_of_format = format == NULL;

	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		is_of_format = is_of_format || strcmp(format, formats[i]) == 0;
	if (!is_of_format)
		return 0;
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
		size_t length = strlen(magics[i]);

		if (size >= length && memcmp(header, magics[i], length) == 0)
			return i > 0 || qcow2_names_files(header, size);
	}
	return 0;
}

static int is_known(const struct qemu_files *found, const char *name)
{
	const char *path = strncmp(name, "file:", 5) == 0 ? name + 5 : name;

	for (size_t i = 0; i < found->count; i++) {
		if (strcmp(found->items[i].path, path) == 0 && found->items[i].is_image)
			return 1;
	}
	return 0;
}

static int ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* "data.img", named in "/images/disk.qcow2" -> "/images/data.img". */
static char *beside(const char *image, const char *name)
{
	const char *base = text_base_name(image);

	if (*name == '/' || name[strcspn(name, ":/")] == ':')
		return text_need(strdup(name));
	return text_format("%.*s%s", (int)(base - image), image, name);
}

/* What it is based on, which nobody writes. It may be based on another one. */
static void below_read(struct reading *reading, const struct pairs *pairs)
{
	const char *name = pairs_value(pairs, "full-backing-filename");
	struct image below = {
		.format = pairs_value(pairs, "backing-filename-format"),
		.is_read_only = 1,
	};

	if (name == NULL)
		name = pairs_value(pairs, "backing-filename");
	if (name != NULL && !is_known(reading->found, name))
		image_name_read(reading, &below, name, (struct qemu_place){ .word = -1 });
}

/* Files that have its data: "format-specific.data.data-file", "children.0.info.filename". */
static void parts_read(struct reading *reading, const struct qemu_file *image,
		       const struct pairs *pairs)
{
	const struct image part = { .is_read_only = image->is_read_only, .is_backing_named = 1 };

	for (size_t i = 0; i < pairs->count; i++) {
		const struct pair *pair = &pairs->items[i];
		char *name;

		if (ends_with(pair->key, ".data-file"))
			name = beside(image->path, pair->value);
		else if (ends_with(pair->key, ".filename"))
			name = text_need(strdup(pair->value));
		else
			continue;
		if (!is_known(reading->found, name))
			image_name_read(reading, &part, name, (struct qemu_place){ .word = -1 });
		free(name);
	}
}

/* Without the warnings that may stand before it. */
static const char *answer_start(const char *answer)
{
	while (*answer != '{' && *answer != '\0') {
		answer += strcspn(answer, "\n");
		answer += *answer == '\n' ? 1 : 0;
	}
	return answer;
}

int chain_read(struct qemu_files *found, size_t image, const char *answer)
{
	/* A copy, as its place in memory is another when files are added. */
	struct qemu_file file = found->items[image];
	struct reading reading = { .found = found, .option = file.option, .word = file.place.word };
	struct pairs pairs = { 0 };
	int result =
		pairs_read_json(&pairs, answer_start(answer), (struct qemu_place){ .word = -1 });

	if (result == 0 && pairs_find(&pairs, "filename") == NULL)
		result = -1;
	if (result == 0 && !file.is_backing_named)
		below_read(&reading, &pairs);
	if (result == 0)
		parts_read(&reading, &file, &pairs);
	pairs_release(&pairs);
	return result;
}

void chain_doubt(struct qemu_files *found, size_t image, const char *why)
{
	struct qemu_file file = found->items[image];
	struct reading reading = { .found = found, .option = file.option, .word = file.place.word };

	reading_doubt(&reading, file.path, why);
}
