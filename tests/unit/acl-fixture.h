/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What the tests of the ACL share: text parsed from a buffer of exactly its
 * size, so that a sanitizer sees every byte read or written beside it.
 */
#ifndef VMGRANT_TESTS_UNIT_ACL_FIXTURE_H
#define VMGRANT_TESTS_UNIT_ACL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "judge/policy/acl.h"

#define FILE_NAME         "/etc/acl"
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* A text of so many bytes, NUL among them. */
#define BYTES(literal) literal, sizeof(literal) - 1

struct parsed {
	struct acl acl;
	struct acl_error error;
	char *text;
	int result;
};

typedef int (*acl_parser)(struct acl *acl, char *text, size_t length, const char *file,
			  const struct acl_visitor *visitor, struct acl_error *error);

static inline int visit_nothing(void *context, const char *path, struct acl_error *error)
{
	(void)context;
	(void)error;
	assert_int_equal(path[0], '/');
	return 0;
}

static const struct acl_visitor visitor_of_nothing = { NULL, visit_nothing, visit_nothing,
						     NULL };

static inline struct parsed parse_with(acl_parser parser, const struct acl_visitor *visitor,
				       const char *text, size_t length)
{
	struct parsed parsed = { .text = malloc(length > 0 ? length : 1) };

	assert_non_null(parsed.text);
	memcpy(parsed.text, text, length);
	parsed.result = parser(&parsed.acl, parsed.text, length, FILE_NAME, visitor, &parsed.error);
	return parsed;
}

static inline void parsed_release(struct parsed *parsed)
{
	acl_release(&parsed->acl);
	free(parsed->text);
}

/* Parse what must be right. */
static inline struct parsed parse_good(acl_parser parser, const char *text)
{
	struct parsed parsed = parse_with(parser, &visitor_of_nothing, text, strlen(text));

	if (parsed.result != 0) {
		char message[600];

		acl_error_format(&parsed.error, message, sizeof(message));
		fail_msg("refused: %s", message);
	}
	return parsed;
}

/* A text that must be refused, and the place that must be told. */
struct wrong {
	const char *text;
	size_t length;
	unsigned line, column;
	const char *word;
	const char *message; /* a part of it */
};

static inline void assert_wrong(acl_parser parser, const struct wrong *wrong)
{
	struct parsed parsed = parse_with(parser, &visitor_of_nothing, wrong->text, wrong->length);
	const struct acl_error *error = &parsed.error;
	char message[600];

	if (parsed.result != -1)
		fail_msg("accepted: %.200s", wrong->text);
	acl_error_format(error, message, sizeof(message));
	if (error->line != wrong->line || error->column != wrong->column ||
	    strcmp(error->word, wrong->word) != 0 || strcmp(error->file, FILE_NAME) != 0 ||
	    strstr(error->message, wrong->message) == NULL)
		fail_msg("expected line %u, column %u, '%s', '%s'; told: %s", wrong->line,
			 wrong->column, wrong->word, wrong->message, message);
	/* A message that was cut would not end as one does. */
	assert_true(strlen(error->message) < sizeof(error->message) - 4);
	parsed_release(&parsed);
}

#endif
