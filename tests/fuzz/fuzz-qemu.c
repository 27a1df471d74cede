/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Fuzz what a QEMU command line names: the data are words, each ended by NUL; the last is
 * qemu-img's answer about the first image.
 *
 * What must hold for any words: what is found has a name, a known use and an option; where it can
 * be replaced is inside a word of the line; what is doubtful has its text and its reason.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/qemu/chain.h"
#include "client/qemu/files.h"

#define WORDS_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

static void check_place(char *const argv[], int argc, const struct qemu_place *place)
{
	if (place->length == 0)
		return;
	require(place->word >= 1 && place->word < argc);
	require(place->offset <= strlen(argv[place->word]));
	require(place->length <= strlen(argv[place->word]) - place->offset);
}

static void check_found(char *const argv[], int argc, const struct qemu_files *found)
{
	for (size_t i = 0; i < found->count; i++) {
		const struct qemu_file *file = &found->items[i];

		require(file->path != NULL && file->option != NULL);
		require(qemu_use_word(file->use) != NULL);
		require(!file->is_read_only || file->use != QEMU_USE_READ_WRITE);
		check_place(argv, argc, &file->place);
	}
	for (size_t i = 0; i < found->doubt_count; i++) {
		const struct qemu_doubt *doubt = &found->doubts[i];

		require(doubt->text != NULL && doubt->option != NULL && doubt->why != NULL);
		require(doubt->word >= 0 && doubt->word < argc);
	}
}

static void check_chain(char *const argv[], int argc, struct qemu_files *found)
{
	size_t image = 0;

	while (image < found->count && !found->items[image].is_image)
		image++;
	if (image == found->count)
		return;
	(void)chain_is_possible(found->items[image].format, (const unsigned char *)argv[argc - 1],
				strnlen(argv[argc - 1], CHAIN_HEADER_SIZE));
	(void)chain_read(found, image, argv[argc - 1]);
	check_found(argv, argc, found);
}

/* What it names would be opened. */
static int is_config(const char *word)
{
	return strstr(word, "readconfig") != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Blocks of their own, so that reading past a word is seen. */
	char *argv[WORDS_MAX + 1] = { NULL };
	struct qemu_files found;
	int argc = 0, has_config = 0;

	while (size > 0 && argc < WORDS_MAX) {
		size_t length = strnlen((const char *)data, size);

		argv[argc] = strndup((const char *)data, length);
		require(argv[argc] != NULL);
		has_config |= is_config(argv[argc++]);
		length += length < size ? 1 : 0;
		data += length;
		size -= length;
	}
	if (argc > 0 && !has_config) {
		qemu_files_find(argv, &found);
		check_found(argv, argc, &found);
		check_chain(argv, argc, &found);
		qemu_files_release(&found);
	}
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	return 0;
}
