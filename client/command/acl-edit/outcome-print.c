/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What counts after an edit, said to people and to programs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/acl-edit/edit-outcome.h"
#include "client/command/acl-edit/rule/rule-person.h"
#include "client/command/check/acl/acl-never.h"
#include "client/command/common/command.h"
#include "client/command/common/json.h"
#include "client/command/explain/rule-text.h"
#include "client/text/message.h"
#include "wire/refusal/escape.h"

/* More would only hide what matters. */
#define IN_VAIN_MAX 5

/* Does the rule stand on the line that was written? */
static int is_edited(const struct edit_outcome *outcome, const struct acl_rule *rule)
{
	return outcome->done->action != NULL && outcome->edit->what != ACL_EDIT_REMOVE &&
	       outcome->after.file != NULL && strcmp(rule->file, outcome->after.file) == 0 &&
	       rule->line == outcome->done->line;
}

/* ---- for people ---- */

static void print_use(const struct edit_outcome *outcome, const char *whom,
		      const struct acl_rule *allow)
{
	const char *thing = outcome->edit->line.thing;

	/* TRANSLATORS: somebody ("user alice", "everybody"), a thing ("bridge br0"). */
	if (allow != NULL && outcome->edit->is_dry)
		(void)printf(allow->options.polkit_skip
				     ? _("%s could use %s then, without asking polkit\n")
				     : _("%s could use %s then, if polkit agrees\n"),
			     whom, thing);
	else if (allow != NULL)
		(void)printf(allow->options.polkit_skip
				     ? _("%s may use %s now, without asking polkit\n")
				     : _("%s may use %s now, if polkit agrees\n"),
			     whom, thing);
	else if (outcome->edit->is_dry)
		(void)printf(_("%s could not use %s then\n"), whom, thing);
	else
		(void)printf(_("%s may not use %s now\n"), whom, thing);
}

static void print_verdict(const struct edit_outcome *outcome)
{
	const struct acl_rule *decider = outcome->decider;
	char file[256], text[RULE_TEXT_SIZE], *whom;

	whom = text_format(_("user %s"), outcome->person.name);
	print_use(outcome, whom, outcome->is_allowed ? decider : NULL);
	free(whom);
	/* The edited line itself needs no second mention, and a dry run has moved no line yet. */
	if (decider == NULL || outcome->edit->is_dry || is_edited(outcome, decider))
		return;
	(void)printf(_("  by %s: line %u: %s\n"), escape_string(file, sizeof file, decider->file),
		     decider->line, rule_text(decider, text) == 0 ? text : "");
}

static void print_words(const struct edit_outcome *outcome)
{
	const struct rule_line *line = &outcome->edit->line;

	/* Of a line that is gone the others decide, for each of them for himself. */
	if (outcome->edit->what == ACL_EDIT_REMOVE)
		return;
	print_use(outcome, line->whom, line->rule->effect == ACL_EFFECT_ALLOW ? line->rule : NULL);
}

/* Allows that a new deny leaves without effect. */
static void print_in_vain(const struct edit_outcome *outcome)
{
	const struct acl *acl = &outcome->after.policy.acl;
	char file[256], text[RULE_TEXT_SIZE];
	int count = 0;

	if (outcome->done->action == NULL || outcome->edit->is_dry ||
	    outcome->edit->line.rule->effect == ACL_EFFECT_ALLOW)
		return;
	for (size_t i = 0; i < acl->count && count < IN_VAIN_MAX; i++) {
		const struct acl_rule *rule = &acl->rules[i], *deny;

		if (acl_rule_never(acl, rule, &deny) == NULL || deny == NULL ||
		    !is_edited(outcome, deny))
			continue;
		(void)printf(_("  never granted now: %s: line %u: %s\n"),
			     escape_string(file, sizeof file, rule->file), rule->line,
			     rule_text(rule, text) == 0 ? text : "");
		count++;
	}
}

static int is_less(const struct edit_outcome *outcome)
{
	const int is_allow = outcome->edit->line.rule->effect == ACL_EFFECT_ALLOW;

	return is_allow == (outcome->edit->what == ACL_EDIT_REMOVE) &&
	       !(outcome->is_judged && outcome->is_allowed);
}

int edit_outcome_print(const struct edit_outcome *outcome)
{
	const struct acl_edit *edit = outcome->edit;
	const struct acl_done *done = outcome->done;
	char path[256], text[RULE_TEXT_SIZE];

	escape_string(path, sizeof path, outcome->file->path);
	if (edit->is_dry && outcome->diff != NULL)
		(void)fputs(outcome->diff, stdout);
	else if (done->action != NULL)
		(void)printf(strcmp(done->action, "added") == 0 ? _("%s: line %u added: %s\n")
			     : strcmp(done->action, "replaced") == 0
				     ? _("%s: line %u replaced: %s\n")
				     : _("%s: line %u taken away: %s\n"),
			     path, done->line, escape_string(text, sizeof text, edit->line.text));
	if (done->is_draft)
		(void)printf(_("%s is a draft: the installed policy does not read it\n"), path);
	else if (outcome->is_judged)
		print_verdict(outcome);
	else
		print_words(outcome);
	if (!done->is_draft)
		print_in_vain(outcome);
	if (!done->is_draft && done->action != NULL && !edit->is_dry && is_less(outcome))
		(void)puts(_("what a guest holds already stays with it: vmgrant log --held"));
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

/* ---- for programs ---- */

static void add_change(json_object *object, const struct edit_outcome *outcome)
{
	const struct acl_done *done = outcome->done;

	if (done->action == NULL)
		return;
	json_add_text(object, "action", done->action);
	json_add(object, "line", json_object_new_int64(done->line));
	json_add_text(object, "diff", outcome->diff);
}

int edit_outcome_print_json(const struct edit_outcome *outcome)
{
	const struct acl_edit *edit = outcome->edit;
	json_object *object = json_object_new_object(), *warnings = json_object_new_array();
	char path[256], text[RULE_TEXT_SIZE];

	json_add_text(object, "file", escape_string(path, sizeof path, outcome->file->path));
	json_add_text(object, "text", escape_string(text, sizeof text, edit->line.text));
	json_add_flag(object, "changed", outcome->done->action != NULL && !edit->is_dry);
	json_add_flag(object, "draft", outcome->done->is_draft);
	add_change(object, outcome);
	if (outcome->is_judged && !outcome->done->is_draft) {
		json_add_text(object, "user", outcome->person.name);
		json_add_flag(object, "allowed", outcome->is_allowed);
		if (outcome->is_allowed)
			json_add_flag(object, "polkit", !outcome->decider->options.polkit_skip);
	}
	for (size_t i = 0; i < edit->warnings.count; i++)
		(void)json_object_array_add(warnings,
					    json_object_new_string(edit->warnings.items[i]));
	json_add(object, "warnings", warnings);
	json_print(object);
	(void)json_object_put(object);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}
