/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A question to polkit from standard input. Without privilege. */
#include "authorize/question.h"

#include <errno.h>
#include <unistd.h>

int question_read(int fd, struct asker_question *question_out)
{
	/* One byte more than a question may have: a longer one is none. */
	char text[ASKER_QUESTION_MAX + 1];
	size_t length = 0;

	while (length < sizeof text) {
		ssize_t got = read(fd, text + length, sizeof text - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		length += (size_t)got;
	}
	return asker_decode_question(text, length, question_out);
}
