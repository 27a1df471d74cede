/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Fuzz the decoder of a question to the asker. What is read as one must be written back
 * as the very same bytes: then nothing was passed over.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/asker/asker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct asker_question question;
	char again[ASKER_QUESTION_MAX];

	if (asker_decode_question((const char *)data, size, &question) < 0)
		return 0;
	if (asker_encode_question(&question, again, sizeof again) != size ||
	    memcmp(again, data, size) != 0)
		abort();
	return 0;
}
