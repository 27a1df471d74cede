/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The language that the command speaks. */
#include "client/text/language.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "client/text/message.h"
#include "client/text/text.h"

static void speak_english(void)
{
	(void)setlocale(LC_CTYPE, "C");
	(void)setlocale(LC_MESSAGES, "C");
}

#if ENABLE_NLS

/* A catalog has a header: the translation of nothing. */
static int has_catalog(void)
{
	return *gettext("") != '\0';
}

void language_choose(void)
{
	if (setlocale(LC_CTYPE, "") == NULL || setlocale(LC_MESSAGES, "") == NULL ||
	    bindtextdomain("vmgrant", VMGRANT_LOCALEDIR) == NULL || textdomain("vmgrant") == NULL ||
	    !has_catalog())
		speak_english();
}

#else

static int has_catalog(void)
{
	return 0;
}

void language_choose(void)
{
	speak_english();
}

#endif

void language_stay_english(void)
{
	speak_english();
	/* Their sentences are passed on. Without memory they are in the person's language. */
	(void)setenv("LC_ALL", "C", 1);
}

size_t language_columns(const char *text, size_t length)
{
	mbstate_t state = { 0 };
	size_t columns = 0;

	for (size_t at = 0, step; at < length; at += step) {
		wchar_t character;
		int width;

		step = mbrtowc(&character, text + at, length - at, &state);
		width = step == 0 || step > length - at ? -1 : wcwidth(character);
		if (width < 0)
			return length;
		columns += (size_t)width;
	}
	return columns;
}

int language_field(const char *text, int columns)
{
	const size_t length = strlen(text);

	return columns + (int)(length - language_columns(text, length));
}

/* Letters that stand on others have no width; neither has what hides. */
static int is_seen(wchar_t character)
{
	return wcwidth(character) > 0 || iswalpha((wint_t)character);
}

void language_clean(char *line)
{
	mbstate_t state = { 0 };

	if (!has_catalog()) {
		text_clean(line);
		return;
	}
	while (*line != '\0') {
		wchar_t character;
		size_t length = mbrtowc(&character, line, strlen(line), &state);

		if (length == 0 || length > strlen(line)) {
			state = (mbstate_t){ 0 };
			*line++ = '?';
		} else if (!is_seen(character)) {
			memset(line, '?', length);
			line += length;
		} else {
			line += length;
		}
	}
}

void language_print_lines(const char *text)
{
	while (*text != '\0') {
		const size_t length = strcspn(text, "\n");
		char *line = text_format("%.*s", (int)length, text);

		for (char *tab = line; (tab = strchr(tab, '\t')) != NULL;)
			*tab = ' ';
		language_clean(line);
		(void)puts(line);
		free(line);
		text += length + (text[length] == '\n');
	}
}
