/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A text as words. Pure. */
#include "client/text/split.h"

#include <string.h>

#include "client/text/message.h"

#define BLANKS " \t\r\n"

/* Behind a backslash; a line end there is none at all. Returns what stands behind it. */
static const char *take_escaped(char **word, const char *text)
{
	if (*text == '\n')
		return text + 1;
	text_append(word, text, 1);
	return text + 1;
}

/* What stands behind the other quote, or NULL: there is none. */
static const char *take_quoted(char **word, const char *text)
{
	const char quote = *text++;

	while (*text != '\0' && *text != quote) {
		/* In "..." a backslash is for these alone. */
		if (quote == '"' && text[0] == '\\' && text[1] != '\0' &&
		    strchr("\"\\$`\n", text[1]) != NULL)
			text = take_escaped(word, text + 1);
		else
			text_append(word, text++, 1);
	}
	return *text == quote ? text + 1 : NULL;
}

/* Returns what stands behind the word, or NULL with what is wrong. */
static const char *take_word(char **word, const char *text, const char **why_out)
{
	text_append(word, "", 0);
	while (text != NULL && *text != '\0' && strchr(BLANKS, *text) == NULL) {
		if (*text == '\'' || *text == '"') {
			text = take_quoted(word, text);
			*why_out = text == NULL ? _("a quote is not closed") : NULL;
		} else if (*text == '\\') {
			text = text[1] == '\0' ? NULL : take_escaped(word, text + 1);
			*why_out =
				text == NULL ? _("nothing stands behind the last backslash") : NULL;
		} else {
			text_append(word, text++, 1);
		}
	}
	return text;
}

static const char *skip(const char *text)
{
	text += strspn(text, BLANKS);
	while (*text == '#' || (text[0] == '\\' && text[1] == '\n')) {
		text += *text == '#' ? strcspn(text, "\n") : 2;
		text += strspn(text, BLANKS);
	}
	return text;
}

const char *words_split(struct words *words, const char *text)
{
	struct words found = { 0 };
	const char *why = NULL;

	for (text = skip(text); text != NULL && *text != '\0';
	     text = text == NULL ? NULL : skip(text)) {
		char *word = NULL;

		text = take_word(&word, text, &why);
		words_add(&found, word);
	}
	if (why == NULL && found.count > 0)
		words_add_all(words, (const char *const *)found.items);
	words_release(&found);
	return why;
}
