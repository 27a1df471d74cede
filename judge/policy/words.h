/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The text of a policy file as lines of words, each with its place. Pure.
 *
 * This is the only part of the parser that looks at bytes: whatever is no plain
 * ASCII text with whole lines stops here, so that the other parts see words of
 * printable characters only, ended by NUL. A word that is quoted as a whole, as
 * people's names may be, can have letters beyond ASCII.
 */
#ifndef VMGRANT_JUDGE_POLICY_WORDS_H
#define VMGRANT_JUDGE_POLICY_WORDS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "judge/policy/acl.h"

/* More than any correct statement has. */
#define ACL_LINE_WORDS_MAX 32u

struct acl_word {
	char *text; /* a quoted value still has its quotes */
	size_t length;
	unsigned column; /* in bytes, from 1 */
};

struct acl_line {
	const char *file;
	unsigned number; /* from 1 */
	unsigned word_count;
	struct acl_word words[ACL_LINE_WORDS_MAX];
};

/* What of a text is still to be read. */
struct acl_reader {
	char *next, *end;
};

/*
 * Cut the next line that has words. Spaces and tabs separate, '#' at the start
 * of a word begins a comment, and between quotes, serial="..." or a whole word, there
 * may be spaces and '#'. Nothing is an escape there.
 *
 * line  file is to be set and number to be 0 before the first call; the words
 *       point into the reader's text and outlive the line
 *
 * Returns 1, 0 at the end of the text, or -1 with *error filled.
 */
int acl_reader_next(struct acl_reader *reader, struct acl_line *line, struct acl_error *error);

/* Whether a word is, or starts with, a literal; memcmp() of a constant length costs no call. */
#define ACL_WORD_IS(word, literal)                                                                 \
	((word)->length == sizeof(literal) - 1 &&                                                  \
	 memcmp((word)->text, literal, sizeof(literal) - 1) == 0)
#define ACL_WORD_STARTS(word, literal)                                                             \
	((word)->length >= sizeof(literal) - 1 &&                                                  \
	 memcmp((word)->text, literal, sizeof(literal) - 1) == 0)

/* Fill *error with the place of a word. Returns -1. */
int acl_word_error(struct acl_error *error, const struct acl_line *line,
		   const struct acl_word *word, const char *message);

/* The same after acl_append() failed: says which of its two reasons it was. */
int acl_append_error(struct acl_error *error, const struct acl *acl, const struct acl_line *line,
		     const struct acl_word *word);

/*
 * Hand the path of an include or import-qemu to the loader. An error to which
 * the loader gave no file gets the place of the path.
 */
int acl_word_visit(int (*visit)(void *context, const char *path, struct acl_error *error),
		   void *context, const struct acl_line *line, const struct acl_word *word,
		   struct acl_error *error);

/*
 * A decimal number of digits only: no sign, no leading zeros, not over max.
 * Returns 0, or -1 and leaves *number_out alone.
 */
int acl_number_parse(const char *text, size_t length, uint64_t max, uint64_t *number_out);

/*
 * A hexadecimal number of exactly so many digits (at most 4), in either case.
 * Returns 0, or -1 and leaves *number_out alone.
 */
int acl_hex_parse(const char *text, size_t digits, uint16_t *number_out);

#endif
