/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What somebody probably meant whose words make no rule. */
#include "client/command/acl-edit/rule/rule-hint.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/common/policy-error.h"
#include "client/command/kind/kind.h"
#include "client/text/message.h"
#include "client/text/text.h"

static int starts(const char *text, const char *head)
{
	return strncmp(text, head, strlen(head)) == 0;
}

/* Does a line make a rule? */
static int is_rule(const char *line)
{
	char *copy = text_format("%s\n", line);
	struct acl acl = { 0 };
	struct acl_error error;
	int is_good = acl_parse(&acl, copy, strlen(copy), "", NULL, &error) == 0;

	acl_release(&acl);
	free(copy);
	return is_good;
}

/* ": did you mean bridge br0?", of all kinds with which the line would be one; or "". */
static char *hint_kind(const char *text, const char *word)
{
	const char *rest = strchr(text, ' ');
	char *hint = NULL;

	for (int i = 0; rest != NULL && i < COMMAND_KINDS; i++) {
		char *line = text_format("%.*s %s%s", (int)(rest - text), text,
					 command_kinds[i]->word, rest);
		char *part = text_format("%s%s %s", hint == NULL ? _(": did you mean ") : _(" or "),
					 command_kinds[i]->word, word);

		if (is_rule(line))
			text_append(&hint, part, strlen(part));
		free(part);
		free(line);
	}
	if (hint != NULL)
		text_append(&hint, "?", 1);
	return hint != NULL ? hint : text_format("%s", "");
}

/* ": did you mean user alice?", where somebody has that name; or "". */
static char *hint_person(const char *word)
{
	if (getpwnam(word) != NULL)
		return text_format(_(": did you mean user %s?"), word);
	if (getgrnam(word) != NULL)
		return text_format(_(": did you mean group %s?"), word);
	return text_format("%s", "");
}

char *rule_hint(const char *text, const struct acl_error *error)
{
	struct acl_error shown = *error;
	char *hint = NULL, *sentence;

	/* The line is what was just typed: its number says nothing. */
	shown.file[0] = '\0';
	shown.line = shown.column = 0;
	sentence = policy_error_text(&shown);
	if (sentence[0] != '\0' && sentence[strlen(sentence) - 1] == '?')
		return sentence;
	if (starts(error->message, "unknown kind"))
		hint = hint_kind(text, error->word);
	else if (starts(error->message, "unknown option") || starts(error->message, "a deny takes"))
		hint = hint_person(error->word);
	if (hint != NULL)
		text_append(&sentence, hint, strlen(hint));
	free(hint);
	return sentence;
}
