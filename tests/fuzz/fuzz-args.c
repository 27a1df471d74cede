/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Fuzz the command line: the data are words, each ended by NUL.
 *
 * What must hold for any words: the answer is a good request or a usage error,
 * nothing else; a granted request has a valid bridge name and an fd of 3 or
 * more; a refusal has a sentence of printable ASCII.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "judge/args.h"
#include "wire/port/mac.h"

#define WORDS_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

static void check_request(const struct args *args)
{
	if (args->mode == ARGS_DROP_IN) {
		require(args->fd >= 3);
		require(acl_bridge_name_valid(args->request.bridge));
		require(args->request.kind == ACL_KIND_BRIDGE && args->request.queues == 1);
		require(!args->request.has_mac || mac_is_usable(args->request.guest_mac));
	} else if (args->mode == ARGS_NATIVE) {
		require(args->fd >= 3);
	} else {
		require(args->mode == ARGS_HELP || args->mode == ARGS_VERSION);
	}
}

static void check_refusal(const struct refusal *why)
{
	require(why->code == REPLY_USAGE && why->sentence[0] != '\0');
	for (const char *byte = why->sentence; *byte != '\0'; byte++)
		require(*byte >= ' ' && *byte <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Blocks of their own, so that reading past a word is seen. */
	char *argv[WORDS_MAX + 1] = { NULL };
	struct args args;
	struct refusal why = { .code = REPLY_GRANTED };
	int argc = 0;

	while (size > 0 && argc < WORDS_MAX) {
		size_t length = strnlen((const char *)data, size);

		argv[argc] = strndup((const char *)data, length);
		require(argv[argc++] != NULL);
		length += length < size ? 1 : 0;
		data += length;
		size -= length;
	}
	if (args_parse(argc, argv, &args, &why) == REPLY_GRANTED)
		check_request(&args);
	else
		check_refusal(&why);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	return 0;
}
