/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Untrusted bytes made fit for a terminal, a log or a dialog. Pure.
 */
#include "wire/refusal/escape.h"

#include <string.h>

static const char cut_mark[] = "...";

/* Whether a byte is written as itself; if not, as \xHH. */
typedef int (*plain_test)(unsigned char byte);

static int is_printable(unsigned char byte)
{
	return byte >= ' ' && byte <= '~';
}

static int is_plain(unsigned char byte)
{
	return is_printable(byte) && byte != '\\';
}

static size_t put_byte(char *text, unsigned char byte, plain_test plain)
{
	static const char digits[] = "0123456789abcdef";

	if (plain(byte)) {
		text[0] = (char)byte;
		return 1;
	}
	text[0] = '\\';
	text[1] = 'x';
	text[2] = digits[byte >> 4];
	text[3] = digits[byte & 15];
	return 4;
}

static char *escape(char *text, size_t size, const char *bytes, size_t length, plain_test plain)
{
	size_t used = 0;
	size_t cut = 0; /* the last whole character after which the mark still fits */

	if (size < 8) {
		if (size > 0)
			text[0] = '\0';
		return text;
	}
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		if (used + (plain(byte) ? 1 : 4) >= size) {
			memcpy(text + cut, cut_mark, sizeof(cut_mark));
			return text;
		}
		used += put_byte(text + used, byte, plain);
		if (used + sizeof(cut_mark) <= size)
			cut = used;
	}
	text[used] = '\0';
	return text;
}

char *escape_bytes(char *text, size_t size, const char *bytes, size_t length)
{
	return escape(text, size, bytes, length, is_plain);
}

char *escape_string(char *text, size_t size, const char *string)
{
	return escape_bytes(text, size, string, string == NULL ? 0 : strlen(string));
}

char *escape_sentence(char *text, size_t size, const char *sentence)
{
	return escape(text, size, sentence, strlen(sentence), is_printable);
}
