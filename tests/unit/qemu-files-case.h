/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A command line as a shell would split it, and the lines that must come of it. */
#ifndef TESTS_UNIT_QEMU_FILES_CASE_H
#define TESTS_UNIT_QEMU_FILES_CASE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/qemu-files-text.h"

#define CASE_WORDS_MAX 256

/* Spaces part, what is between ' is one word. words_out points into line, which is changed. */
static void case_split(char *line, char *words_out[CASE_WORDS_MAX])
{
	int count = 0;

	for (char *at = line; *at != '\0' && count + 1 < CASE_WORDS_MAX;) {
		char *to = at;

		words_out[count++] = at;
		for (int is_quoted = 0; *at != '\0' && (is_quoted || *at != ' '); at++) {
			if (*at == '\'')
				is_quoted = !is_quoted;
			else
				*to++ = *at;
		}
		at += *at == ' ' ? 1 : 0;
		*to = '\0';
	}
	words_out[count] = NULL;
}

static inline void expect(const char *line, const char *expected)
{
	char *words[CASE_WORDS_MAX], *copy = strdup(line), *text;
	struct qemu_files found;

	assert_non_null(copy);
	case_split(copy, words);
	qemu_files_find(words, &found);
	text = found_text(words, &found);
	/* Whole, which fail_msg() would not print. */
	if (strcmp(text, expected) != 0)
		(void)fprintf(stderr, "%s\ngives\n%sinstead of\n%s", line, text, expected);
	assert_string_equal(text, expected);
	qemu_files_release(&found);
	free(text);
	free(copy);
}

#endif
