/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What a command line names as lines of text, for tests to compare:
 *
 *     make /run/vm.log | -D
 *     read-write /disk.img | -drive format=raw image @2[/disk.img]
 *     ? x=/y | -device
 *
 * In brackets is what stands in the word of that number, where an fd set can stand.
 */
#ifndef TESTS_UNIT_QEMU_FILES_TEXT_H
#define TESTS_UNIT_QEMU_FILES_TEXT_H

#include <stdio.h>
#include <stdlib.h>

#include "client/qemu/files.h"

static void file_write(FILE *to, char *const argv[], const struct qemu_file *file)
{
	fprintf(to, "%s %s | %s", qemu_use_word(file->use), file->path, file->option);
	if (file->format != NULL)
		fprintf(to, " format=%s", file->format);
	if (file->node != NULL)
		fprintf(to, " node=%s", file->node);
	fprintf(to, "%s%s%s%s%s%s%s%s", file->is_read_only ? " ro" : "",
		file->is_auto_read_only ? " auto-ro" : "", file->is_image ? " image" : "",
		file->is_backing_named ? " backing-named" : "",
		file->is_searched ? " searched" : "", file->is_implied ? " implied" : "",
		file->is_optional ? " optional" : "", file->is_abstract ? " abstract" : "");
	if (file->place.length > 0)
		fprintf(to, " @%d[%.*s]", file->place.word, (int)file->place.length,
			argv[file->place.word] + file->place.offset);
	fputc('\n', to);
}

/* To be freed. argv is what found was found in. */
static char *found_text(char *const argv[], const struct qemu_files *found)
{
	size_t size;
	char *text = NULL;
	FILE *to = open_memstream(&text, &size);

	if (to == NULL)
		abort();
	for (size_t i = 0; i < found->count; i++)
		file_write(to, argv, &found->items[i]);
	for (size_t i = 0; i < found->doubt_count; i++)
		fprintf(to, "? %s | %s\n", found->doubts[i].text, found->doubts[i].option);
	(void)fclose(to);
	return text;
}

#endif
