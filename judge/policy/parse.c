/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant's own ACL syntax: a statement a line, from words to rules. Pure.
 *
 *	allow|deny KIND SELECTORS [user U | group G] [OPTIONS]
 *	include PATH
 *	import-qemu PATH
 *
 * The first error ends everything: half a policy is no policy.
 */
#include "judge/policy/acl.h"

#include <stdio.h>
#include <string.h>

#include "judge/policy/kind-rule.h"
#include "judge/policy/options.h"
#include "judge/policy/words.h"

#define ID_MAX           4294967294u /* (uid_t)-1 means "no id" to the kernel */
#define SUBJECT_NAME_MAX 256u        /* LOGIN_NAME_MAX, with its NUL */

/* ---- the subject ---- */

/* What is wrong with a name that stands without quotes, or NULL. */
static const char *plain_name_problem(const char *name)
{
	if (strcmp(name, "*") == 0)
		return "leave user and group out to mean everybody";
	if (strchr(name, ',') != NULL)
		return "one rule for each person or group: a list of names is none";
	if (name[0] == '-' || strpbrk(name, ":/=\"#*") != NULL)
		return "not a name; quote it if it is one";
	return NULL;
}

/* The same of one in quotes, which have been taken off. */
static const char *quoted_name_problem(const char *name, size_t length)
{
	if (length == 0)
		return "there is no name between the quotes";
	if (name[0] == ' ' || name[length - 1] == ' ')
		return "a name does not begin or end with a space";
	if (strchr(name, ':') != NULL)
		return "not a name that a user or group can have";
	return NULL;
}

static int is_digits(const struct acl_word *word)
{
	size_t i = 0;

	while (i < word->length && word->text[i] >= '0' && word->text[i] <= '9')
		i++;
	return i == word->length;
}

/* Names are taken as they are written: no case is folded, and nothing is an escape. */
static const char *parse_name(struct acl_subject *subject, const struct acl_word *word,
			      enum acl_subject_type type)
{
	const int is_quoted = word->text[0] == '"';
	const size_t length = word->length - (is_quoted ? 2 : 0);

	if (length > SUBJECT_NAME_MAX)
		return "a name has at most 256 bytes";
	subject->type = type;
	subject->name = word->text + is_quoted;
	if (!is_quoted)
		return plain_name_problem(subject->name);
	word->text[length + 1] = '\0'; /* the closing quote */
	return quoted_name_problem(subject->name, length);
}

/*
 * A word of digits alone is an id, so that no account's name can pose as one; in
 * quotes it is a name, as universities give them.
 */
static const char *parse_identity(struct acl_subject *subject, const struct acl_word *word,
				  enum acl_subject_type name_type, enum acl_subject_type id_type)
{
	uint64_t id;

	if (!is_digits(word))
		return parse_name(subject, word, name_type);
	if (acl_number_parse(word->text, word->length, ID_MAX, &id) != 0)
		return "an id is a number up to 4294967294 without leading zeros";
	subject->type = id_type;
	subject->id = (uint32_t)id;
	return NULL;
}

/*
 * Read "user U" or "group G". Returns 1 if *next was one of them and is now
 * behind it, 0 if it was not, -1 with *error filled.
 */
static int parse_subject(struct acl_subject *subject, const struct acl_line *line, unsigned *next,
			 struct acl_error *error)
{
	const struct acl_word *keyword = &line->words[*next];
	const int is_user = ACL_WORD_IS(keyword, "user");
	const char *problem;

	if (!is_user && !ACL_WORD_IS(keyword, "group"))
		return 0;
	if (subject->type != ACL_SUBJECT_EVERYBODY)
		return acl_word_error(error, line, keyword,
				      "a rule names one user or one group, not both and not two");
	if (*next + 1 == line->word_count)
		return acl_word_error(error, line, keyword, "a name or an id must follow");
	if (is_user)
		problem = parse_identity(subject, keyword + 1, ACL_SUBJECT_USER_NAME,
					 ACL_SUBJECT_USER_ID);
	else
		problem = parse_identity(subject, keyword + 1, ACL_SUBJECT_GROUP_NAME,
					 ACL_SUBJECT_GROUP_ID);
	if (problem != NULL)
		return acl_word_error(error, line, keyword + 1, problem);
	*next += 2;
	return 1;
}

/* ---- statements ---- */

/* Only the rule as a whole shows that polkit=no stands without a subject. */
static int check_polkit(const struct acl_rule *rule, const struct acl_line *line,
			struct acl_error *error)
{
	unsigned i = 0;

	if (!rule->options.polkit_skip || rule->subject.type != ACL_SUBJECT_EVERYBODY)
		return 0;
	while (i + 1 < line->word_count && !ACL_WORD_IS(&line->words[i], "polkit=no"))
		i++;
	return acl_word_error(error, line, &line->words[i],
			      "a rule for everybody may not skip polkit; add user or group");
}

/* Subject and options, in any order. */
static int parse_terms(struct acl_rule *rule, const struct acl_line *line, unsigned next,
		       struct acl_error *error)
{
	unsigned seen = 0;

	while (next < line->word_count) {
		int result = parse_subject(&rule->subject, line, &next, error);

		if (result < 0)
			return -1;
		if (result > 0)
			continue;
		if (acl_option_parse(rule, &seen, line, &line->words[next], error) != 0)
			return -1;
		next++;
	}
	return check_polkit(rule, line, error);
}

/* The words of all kinds between two parts of a sentence. */
static int kind_error(const struct acl_line *line, const struct acl_word *word,
		      const char *before, const char *behind, struct acl_error *error)
{
	char words[KIND_RULE_WORDS_SIZE], message[sizeof error->message];

	(void)snprintf(message, sizeof message, "%s%s%s", before, kind_rule_words(words), behind);
	return acl_word_error(error, line, word, message);
}

static int parse_rule(struct acl *acl, enum acl_effect effect, const struct acl_line *line,
		      struct acl_error *error)
{
	struct acl_rule rule = {
		.effect = effect,
		.subject.type = ACL_SUBJECT_EVERYBODY,
		.file = line->file,
		.line = line->number,
	};
	unsigned next = 2;

	if (line->word_count < 2)
		return kind_error(line, &line->words[0], "", " must follow", error);
	rule.kind = kind_rule_find(&line->words[1]);
	if (rule.kind == ACL_KIND_NONE)
		return kind_error(line, &line->words[1], "unknown kind; expected ", "", error);
	if (kind_rule_of(rule.kind)->parse(&rule, line, &next, error) != 0)
		return -1;
	if (parse_terms(&rule, line, next, error) != 0)
		return -1;
	if (acl_append(acl, &rule) != 0)
		return acl_append_error(error, acl, line, &line->words[0]);
	return 0;
}

static int parse_path(int (*visit)(void *context, const char *path, struct acl_error *error),
		      void *context, const struct acl_line *line, struct acl_error *error)
{
	if (line->word_count < 2)
		return acl_word_error(error, line, &line->words[0], "an absolute path must follow");
	if (line->words[1].text[0] != '/')
		return acl_word_error(error, line, &line->words[1],
				      "the path must be absolute, from / on");
	if (line->word_count > 2)
		return acl_word_error(error, line, &line->words[2], "nothing may follow the path");
	return acl_word_visit(visit, context, line, &line->words[1], error);
}

static int parse_statement(struct acl *acl, const struct acl_line *line,
			   const struct acl_visitor *visitor, struct acl_error *error)
{
	const struct acl_word *command = &line->words[0];

	if (ACL_WORD_IS(command, "allow"))
		return parse_rule(acl, ACL_EFFECT_ALLOW, line, error);
	if (ACL_WORD_IS(command, "deny"))
		return parse_rule(acl, ACL_EFFECT_DENY, line, error);
	if (ACL_WORD_IS(command, "include"))
		return parse_path(visitor->include, visitor->context, line, error);
	if (ACL_WORD_IS(command, "import-qemu"))
		return parse_path(visitor->import_qemu, visitor->context, line, error);
	return acl_word_error(error, line, command,
			      "unknown statement; expected allow, deny, include or import-qemu");
}

int acl_parse(struct acl *acl, char *text, size_t length, const char *file,
	      const struct acl_visitor *visitor, struct acl_error *error)
{
	struct acl_reader reader = { .next = text, .end = text + length };
	struct acl_line line;
	int result;

	/* Word slots are filled line by line; clearing them would cost more than reading. */
	line.file = file;
	line.number = 0;
	while ((result = acl_reader_next(&reader, &line, error)) > 0) {
		if (parse_statement(acl, &line, visitor, error) != 0)
			return -1;
	}
	return result;
}
