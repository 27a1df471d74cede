/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Strings and lists of words that grow. For the command only: without memory it
 * says so and ends.
 */
#ifndef VMGRANT_CLIENT_TEXT_TEXT_H
#define VMGRANT_CLIENT_TEXT_TEXT_H

#include <stdarg.h>
#include <stddef.h>

/* A list of words, ended by NULL as exec() wants it. Zeroed: empty. */
struct words {
	char **items;
	size_t count;
};

/* printf() into memory of its own, to be freed by the caller. */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

char *text_format_list(const char *format, va_list arguments)
	__attribute__((format(printf, 1, 0)));

/* memory, which an allocation returned; without any the program says so and ends. */
void *text_need(void *memory);

/* What no terminal should get becomes '?'. */
void text_clean(char *text);

/* The last line that is not empty and does not begin so, in text itself, which is cut; or NULL. */
char *text_last_line(char *text, const char *but);

/* 1 if they are equal, or both NULL. */
int text_is_same(const char *one, const char *other);

/* What stands behind the last slash of path, in path itself. */
const char *text_base_name(const char *path);

/* Append part to *text, which may be NULL and is freed or reused. */
void text_append(char **text, const char *part, size_t length);

/* Add a word, which the list owns from now on. */
void words_add(struct words *words, char *word);

/* Add copies of all words of a list that NULL ends. */
void words_add_all(struct words *words, const char *const list[]);

void words_release(struct words *words);

/* A word as a shell would read it back, to be freed by the caller. */
char *text_shell_quote(const char *word);

#endif
