/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Strings and lists of words that grow. */
#include "client/text/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/text/message.h"

/* What a shell takes for nothing but itself. */
#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-"

void *text_need(void *memory)
{
	if (memory == NULL) {
		fputs(_("vmgrant: no memory is left\n"), stderr);
		exit(1);
	}
	return memory;
}

char *text_format_list(const char *format, va_list arguments)
{
	char *text = NULL;
	int length = vasprintf(&text, format, arguments);

	return text_need(length < 0 ? NULL : text);
}

char *text_format(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = text_format_list(format, arguments);
	va_end(arguments);
	return text;
}

void text_clean(char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < ' ' || *text > '~')
			*text = '?';
	}
}

char *text_last_line(char *text, const char *but)
{
	char *last = NULL;

	while (*text != '\0') {
		const size_t length = strcspn(text, "\n");
		const int is_end = text[length] == '\0';

		text[length] = '\0';
		if (length > 0 && (but == NULL || strncmp(text, but, strlen(but)) != 0))
			last = text;
		text += length + !is_end;
	}
	return last;
}

int text_is_same(const char *one, const char *other)
{
	return one == NULL || other == NULL ? one == other : strcmp(one, other) == 0;
}

const char *text_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

void text_append(char **text, const char *part, size_t length)
{
	size_t before = *text == NULL ? 0 : strlen(*text);

	*text = text_need(realloc(*text, before + length + 1));
	memcpy(*text + before, part, length);
	(*text)[before + length] = '\0';
}

void words_add(struct words *words, char *word)
{
	words->items = text_need(realloc(words->items, (words->count + 2) * sizeof *words->items));
	words->items[words->count++] = word;
	words->items[words->count] = NULL;
}

void words_add_all(struct words *words, const char *const list[])
{
	for (; *list != NULL; list++)
		words_add(words, text_format("%s", *list));
}

void words_release(struct words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->items[i]);
	free(words->items);
	*words = (struct words){ 0 };
}

char *text_shell_quote(const char *word)
{
	char *quoted = NULL;

	if (*word != '\0' && word[strspn(word, PLAIN)] == '\0')
		return text_format("%s", word);
	text_append(&quoted, "'", 1);
	while (*word != '\0') {
		size_t plain = strcspn(word, "'");

		text_append(&quoted, word, plain);
		word += plain;
		if (*word == '\'') {
			text_append(&quoted, "'\\''", 4);
			word++;
		}
	}
	text_append(&quoted, "'", 1);
	return quoted;
}
