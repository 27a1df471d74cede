/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Fuzz the text of /proc/PID/limits.
 *
 * What must hold for any text: it is read or refused, within its bounds, and what
 * was read is written in it.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/kind/vfio/proc-limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Exactly as long as the text, so that a sanitizer sees what is read beside it. */
	char *text = malloc(size + 1), number[32];
	struct rlimit limit;

	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (proc_limits_parse(text, &limit) == 0 && limit.rlim_cur != RLIM64_INFINITY) {
		(void)snprintf(number, sizeof number, "%llu", (unsigned long long)limit.rlim_cur);
		if (strstr(text, number) == NULL)
			abort();
	}
	free(text);
	return 0;
}
