/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The line of a policy that the words of a command line make. */
#include "client/command/acl-edit/rule/rule-line.h"

#include <stdlib.h>
#include <string.h>

#include "client/command/acl-edit/rule/rule-hint.h"
#include "client/command/common/command.h"
#include "client/text/message.h"
#include "client/text/text.h"
#include "judge/policy/kind-rule.h"
#include "wire/refusal/escape.h"

#define SERIAL "serial="

/* ---- quoting ---- */

static int is_plain_byte(char byte)
{
	return byte > ' ' && byte <= '~' && byte != '"' && byte != '#';
}

static int is_plain(const char *word)
{
	while (is_plain_byte(*word))
		word++;
	return *word == '\0';
}

/* One that the shell was given with its quotes, as the policy has them. */
static int is_quoted(const char *word)
{
	size_t length = strlen(word);

	return length >= 2 && word[0] == '"' && strchr(word + 1, '"') == word + length - 1;
}

/* Could quotes make a name of it? What cannot be one is left for the parser to say so. */
static int is_quotable(const char *word)
{
	return *word != '\0' && strpbrk(word, "\",:\n") == NULL && strcmp(word, "*") != 0;
}

/* A name as a rule has it. What has other bytes than a name's, the parser finds. */
static char *format_name(const char *word)
{
	if (is_quoted(word) || !is_quotable(word) ||
	    (is_plain(word) && word[0] != '-' && strpbrk(word, "/=*") == NULL))
		return text_format("%s", word);
	return text_format("\"%s\"", word);
}

static char *format_word(const char *word, const char *before)
{
	const char *serial = word + strlen(SERIAL);

	if (strcmp(before, "user") == 0 || strcmp(before, "group") == 0)
		return format_name(word);
	if (strncmp(word, SERIAL, strlen(SERIAL)) == 0 && !is_plain(serial) &&
	    strchr(serial, '"') == NULL)
		return text_format(SERIAL "\"%s\"", serial);
	return text_format("%s", word);
}

/* ---- from words to a line ---- */

/* A space, a newline or a '#' must not make two words, two statements or a comment of one. */
static int stays_one(const char *word)
{
	const char *quote = strchr(word, '"');
	size_t plain = quote == NULL ? strlen(word) : (size_t)(quote - word);

	if (*word == '\0' || strchr(word, '\n') != NULL)
		return 0;
	if (quote != NULL && !is_quoted(quote))
		return 0;
	for (size_t i = 0; i < plain; i++) {
		/* Any other byte that cannot be is the parser's to name. */
		if (word[i] == ' ' || word[i] == '\t' || word[i] == '#')
			return 0;
	}
	return 1;
}

static int fail_word(const char *command, const char *word)
{
	char shown[128];

	if (*word == '\0')
		return command_fail(VMGRANT_USAGE, _("%s: an empty word: try vmgrant %s --help"),
				    command, command);
	return command_fail(VMGRANT_USAGE,
			    _("%s: %s: one word of the command line is one of the rule: only names "
			      "and serial numbers can have a space, and none a quote or a newline"),
			    command, escape_string(shown, sizeof shown, word));
}

static int join_words(struct rule_line *line, const char *command, char *const words[])
{
	line->text = text_format("%s", command);
	for (size_t i = 0; words[i] != NULL; i++) {
		char *word = format_word(words[i], i == 0 ? "" : words[i - 1]);
		int is_one = stays_one(word);

		if (is_one) {
			text_append(&line->text, " ", 1);
			text_append(&line->text, word, strlen(word));
		}
		free(word);
		if (!is_one)
			return fail_word(command, words[i]);
	}
	return VMGRANT_GRANTED;
}

/* ---- what it says ---- */

/* Kind and selectors: the kind's parser knows where they end. */
static char *find_thing(const struct rule_line *line, enum acl_kind kind)
{
	char *copy = text_format("%s\n", line->text), *thing = NULL;
	struct acl_reader reader = { copy, copy + strlen(copy) };
	struct acl_rule rule = { .effect = line->rule->effect, .kind = kind };
	struct acl_line cut = { .file = "" };
	struct acl_error error;
	unsigned end = 2;

	if (acl_reader_next(&reader, &cut, &error) > 0 &&
	    kind_rule_of(kind)->parse(&rule, &cut, &end, &error) == 0) {
		const struct acl_word *last = &cut.words[end - 1];
		const unsigned start = cut.words[1].column - 1;

		thing = text_format("%.*s", (int)(last->column - 1 + last->length - start),
				    line->text + start);
	}
	free(copy);
	return thing != NULL ? thing : text_format("%s", kind_rule_of(kind)->word);
}

static char *find_whom(const struct acl_subject *subject)
{
	char name[512];

	switch (subject->type) {
	case ACL_SUBJECT_USER_NAME:
		return text_format(_("user %s"), escape_string(name, sizeof name, subject->name));
	case ACL_SUBJECT_USER_ID:
		return text_format(_("user %u"), subject->id);
	case ACL_SUBJECT_GROUP_NAME:
		return text_format(_("members of group %s"),
				   escape_string(name, sizeof name, subject->name));
	case ACL_SUBJECT_GROUP_ID:
		return text_format(_("members of group %u"), subject->id);
	case ACL_SUBJECT_EVERYBODY:
		break;
	}
	return text_format("%s", _("everybody"));
}

int rule_line_make(struct rule_line *line, const char *command, char *const words[])
{
	struct acl_error error = { .line = 0 };
	int code = join_words(line, command, words);
	char *sentence;

	if (code != VMGRANT_GRANTED)
		return code;
	line->copy = text_format("%s\n", line->text);
	if (acl_parse(&line->acl, line->copy, strlen(line->copy), "", NULL, &error) == 0 &&
	    line->acl.count == 1) {
		line->rule = line->acl.rules;
		line->thing = find_thing(line, line->rule->kind);
		line->whom = find_whom(&line->rule->subject);
		return VMGRANT_GRANTED;
	}
	sentence = rule_hint(line->text, &error);
	code = command_fail(VMGRANT_USAGE, "%s: %s", command, sentence);
	free(sentence);
	return code;
}

void rule_line_release(struct rule_line *line)
{
	acl_release(&line->acl);
	free(line->text);
	free(line->thing);
	free(line->whom);
	free(line->copy);
	*line = (struct rule_line){ 0 };
}
