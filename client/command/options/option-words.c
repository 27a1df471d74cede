/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Pieces of the words that options take. Pure. */
#include "client/command/options/option-words.h"

#include <stdio.h>
#include <string.h>

#include "client/text/message.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define NAME_CHARACTERS LETTERS "0123456789-._"

int piece_is(struct piece piece, const char *word)
{
	return piece.length == strlen(word) && memcmp(piece.text, word, piece.length) == 0;
}

struct piece piece_value(struct piece piece, const char *key)
{
	size_t length = strlen(key);

	if (piece.length <= length || memcmp(piece.text, key, length) != 0 ||
	    piece.text[length] != '=')
		return (struct piece){ NULL, 0 };
	return (struct piece){ piece.text + length + 1, piece.length - length - 1 };
}

int piece_number(struct piece piece, uint64_t min, uint64_t max, uint64_t *number_out)
{
	uint64_t number = 0;

	if (piece.length == 0)
		return -1;
	for (size_t i = 0; i < piece.length; i++) {
		char c = piece.text[i];

		if (c < '0' || c > '9' || number > (UINT64_MAX - 9) / 10)
			return -1;
		number = number * 10 + (uint64_t)(c - '0');
	}
	*number_out = number;
	return number >= min && number <= max ? 0 : -1;
}

int piece_hex(struct piece piece, size_t digits, uint64_t *number_out)
{
	static const char values[] = "0123456789abcdef0123456789ABCDEF";
	uint64_t number = 0;

	if (piece.length != digits)
		return -1;
	for (size_t i = 0; i < digits; i++) {
		const char *found = memchr(values, piece.text[i], sizeof values - 1);

		if (found == NULL)
			return -1;
		number = number << 4 | (uint64_t)((found - values) % 16);
	}
	*number_out = number;
	return 0;
}

struct piece piece_first(const char *text)
{
	return (struct piece){ text, strcspn(text, ",") };
}

int piece_next(struct piece *piece)
{
	if (piece->text[piece->length] != ',')
		return 0;
	*piece = piece_first(piece->text + piece->length + 1);
	return 1;
}

int piece_copy(struct piece piece, char *text, size_t size)
{
	if (piece.length == 0 || piece.length >= size)
		return -1;
	memcpy(text, piece.text, piece.length);
	text[piece.length] = '\0';
	return 0;
}

int option_is_name(const char *text)
{
	return *text != '\0' && strchr(LETTERS, *text) != NULL &&
	       text[strspn(text, NAME_CHARACTERS)] == '\0';
}

int option_copy_name(struct piece value, char *name)
{
	return piece_copy(value, name, OPTION_NAME_SIZE) < 0 || !option_is_name(name) ? -1
											       : 0;
}

const char *option_take_one_name(struct piece value, char *name)
{
	return name[0] != '\0' || option_copy_name(value, name) < 0 ? _("must be one name") : NULL;
}

int piece_fail(char *why, size_t size, struct piece piece, const char *reason)
{
	(void)snprintf(why, size, "%.*s: %s", (int)(piece.length < 64 ? piece.length : 64),
		       piece.text, reason);
	return -1;
}
