/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Fuzz both decoders of the native protocol. What is read as a message must be
 * written back as the very same bytes: then nothing was passed over.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/protocol/protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t again[PROTOCOL_REPLY_SIZE];
	struct protocol_request request;
	struct protocol_reply reply;
	enum protocol_error error = protocol_decode_request(data, size, &request);

	require(protocol_error_text(error)[0] != '\0');
	if (error == PROTOCOL_OK) {
		require(protocol_encode_request(&request, again, sizeof again) == size);
		require(memcmp(again, data, size) == 0);
	}
	if (protocol_decode_reply(data, size, &reply) == PROTOCOL_OK) {
		require(protocol_encode_reply(&reply, again, sizeof again) == size);
		require(memcmp(again, data, size) == 0);
	}
	return 0;
}
