/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Why the policy is not changed: a sentence each. */
#include "client/command/acl-edit/plan-refusals.h"

#include <stdio.h>
#include <stdlib.h>

#include "client/command/common/command.h"
#include "client/command/common/policy-error.h"
#include "client/command/explain/rule-text.h"
#include "client/text/message.h"
#include "client/text/nearest.h"
#include "wire/refusal/escape.h"

/* "/etc/vmgrant/acl.conf: line 4", to be freed. */
static char *place_of(const struct acl_rule *rule)
{
	char file[256];

	return text_format(_("%s: line %u"), escape_string(file, sizeof file, rule->file),
			   rule->line);
}

/* The line as it stands there, to be freed. */
static char *words_of(const struct acl_rule *rule)
{
	char text[RULE_TEXT_SIZE];

	return text_format("%s",
			   rule_text(rule, text) == 0 ? text : _("(it cannot be read again)"));
}

int plan_refuse_error(const struct acl_edit *edit, const struct acl_error *error)
{
	char *text = policy_error_text(error);
	int code = command_fail(VMGRANT_POLICY,
				_("%s: %s: nothing is changed while the policy has an error: mend "
				  "that first"),
				edit->command, text);

	free(text);
	return code;
}

int plan_refuse_imported(const struct acl_edit *edit, const char *path)
{
	char file[256];

	return command_fail(
		VMGRANT_UNSUPPORTED,
		_("%s: %s: it has the syntax of qemu-bridge-helper, which knows no people: "
		  "leave --file out"),
		edit->command, escape_string(file, sizeof file, path));
}

int plan_refuse_obstacle(const struct acl_edit *edit, const struct acl_rule *obstacle)
{
	const int is_deny = obstacle->effect == ACL_EFFECT_DENY;
	char *place = place_of(obstacle), *words = words_of(obstacle);
	int code =
		is_deny ? command_fail(VMGRANT_DENIED,
				       _("%s: not added: %s denies it, and a deny wins: %s: take "
					 "that away first, with vmgrant deny --remove"),
				       edit->command, place, words)
			: command_fail(VMGRANT_DENIED,
				       _("%s: not added: %s decides before it: %s: put the line "
					 "into that file, with --file"),
				       edit->command, place, words);

	free(words);
	free(place);
	return code;
}

int plan_refuse_same(const struct acl_edit *edit, const struct acl_rule *same, int is_here)
{
	char *place = place_of(same), *words = words_of(same);
	int code = command_fail(VMGRANT_DENIED,
				_("%s: not added: %s is about the same, and decides: "
				  "%s: %s"),
				edit->command, place, words,
				is_here ? _("--replace puts the new line in its place")
					: _("--file FILE --replace changes it there"));

	free(words);
	free(place);
	return code;
}

/* Each line is read from its file again: of a long policy none is looked for. */
#define NEAREST_MAX 500u

/* Of the rules with that effect and of that kind, the one whose line is nearest; or NULL. */
static const struct acl_rule *find_nearest(const struct acl_edit *edit, const struct acl *acl)
{
	const struct acl_rule *wanted = edit->line.rule, *found = NULL;
	struct words texts = { 0 };
	const char *nearest;

	for (size_t i = 0; i < acl->count && acl->count <= NEAREST_MAX; i++)
		words_add(&texts, acl->rules[i].effect == wanted->effect &&
						  acl->rules[i].kind == wanted->kind
					  ? words_of(&acl->rules[i])
					  : text_format("%s", ""));
	nearest = nearest_word(edit->line.text, (const char *const *)texts.items, texts.count);
	for (size_t i = 0; i < texts.count; i++) {
		if (texts.items[i] == nearest)
			found = &acl->rules[i];
	}
	words_release(&texts);
	return found;
}

int plan_refuse_missing(const struct acl_edit *edit, const struct policy *policy,
			const struct acl_rule *elsewhere, const struct acl_rule *same)
{
	const struct acl_rule *meant = same != NULL ? same : find_nearest(edit, &policy->acl);
	char *place, *words, shown[512];
	int code;

	escape_string(shown, sizeof shown, edit->line.text);
	if (elsewhere == NULL && meant == NULL)
		return command_fail(VMGRANT_OBJECT, _("%s: there is no line %s"), edit->command,
				    shown);
	place = place_of(elsewhere != NULL ? elsewhere : meant);
	words = words_of(elsewhere != NULL ? elsewhere : meant);
	if (elsewhere != NULL)
		code = command_fail(VMGRANT_OBJECT,
				    _("%s: that line is in another file: %s: name it "
				      "with --file"),
				    edit->command, place);
	else
		code = command_fail(VMGRANT_OBJECT,
				    _("%s: there is no line %s: did you mean %s: %s?"),
				    edit->command, shown, place, words);
	free(words);
	free(place);
	return code;
}

void plan_tell_equal(const struct acl_edit *edit, const struct acl_rule *equal)
{
	char *place = place_of(equal), *words = words_of(equal);

	if (!edit->is_json)
		(void)printf(_("%s: there already: %s\n"), place, words);
	free(words);
	free(place);
}
