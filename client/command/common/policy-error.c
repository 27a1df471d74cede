/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* An error in a policy, for a person to read. Pure. */
#include "client/command/common/policy-error.h"

#include <stdlib.h>
#include <string.h>

#include "client/text/message.h"
#include "client/text/nearest.h"
#include "client/text/text.h"

/* More than any message lists. */
#define WORDS_MAX 24

/* The list behind "unknown ...; expected " or "; a usb rule takes ", or NULL: there is none. */
static const char *find_list(const char *message)
{
	static const char *const heads[] = { "; expected ", " rule takes " };

	if (strncmp(message, "unknown ", 8) != 0)
		return NULL;
	for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
		const char *head = strstr(message, heads[i]);

		if (head != NULL)
			return head + strlen(heads[i]);
	}
	return NULL;
}

/* Cut "a, b=, c or d" into its words. Returns how many there are. */
static size_t cut_list(char *list, const char *words[WORDS_MAX])
{
	size_t count = 0;
	char *rest = NULL;

	for (char *word = strtok_r(list, ", ", &rest); word != NULL && count < WORDS_MAX;
	     word = strtok_r(NULL, ", ", &rest)) {
		if (strcmp(word, "or") != 0)
			words[count++] = word;
	}
	return count;
}

/* What stands before the value is the name: "queue=4" is near to "queues=". */
static void cut_value(char *word)
{
	word[strcspn(word, "=")] = '\0';
}

/* The end of the sentence: ": did you mean WORD?", or "". */
static char *format_hint(const struct acl_error *error)
{
	const char *list = find_list(error->message), *words[WORDS_MAX], *names[WORDS_MAX], *near;
	char shown[sizeof error->message], cut[sizeof error->message];
	char word[sizeof error->word];
	size_t count;

	if (list == NULL)
		return text_format("%s", "");
	memcpy(word, error->word, sizeof word);
	cut_value(word);
	memcpy(shown, list, strlen(list) + 1);
	memcpy(cut, list, strlen(list) + 1);
	count = cut_list(shown, words);
	(void)cut_list(cut, names);
	for (size_t i = 0; i < count; i++)
		cut_value(cut + (words[i] - shown));
	near = nearest_word(word, names, count);
	for (size_t i = 0; i < count; i++) {
		if (names[i] == near)
			return text_format(_(": did you mean %s?"), words[i]);
	}
	return text_format("%s", "");
}

char *policy_error_text(const struct acl_error *error)
{
	char *hint = format_hint(error), *text;
	char place[640];

	(void)acl_error_format(error, place, sizeof place);
	text = text_format("%s%s", place, hint);
	free(hint);
	return text;
}
