/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What counts after an edit. */
#include "client/command/acl-edit/edit-outcome.h"

#include <stdlib.h>

#include "client/command/acl-edit/file/file-text.h"
#include "client/command/acl-edit/plan-refusals.h"
#include "client/command/acl-edit/rule/rule-person.h"
#include "client/command/common/command.h"
#include "client/command/explain/explanation.h"
#include "judge/policy/kind-rule.h"

static void judge(struct edit_outcome *outcome)
{
	const struct acl_rule *rule = outcome->edit->line.rule;
	struct explain_object object = { .title = "" };
	struct explanation explanation;

	object.acl_object.kind = rule->kind;
	kind_rule_of(rule->kind)->take(rule, &object.acl_object);
	explain_object_look(&object, &outcome->after.policy.acl);
	explanation_find(&explanation, &outcome->after.policy, &outcome->person, &object);
	outcome->is_judged = 1;
	outcome->is_allowed = explanation.verdict == ACL_VERDICT_ALLOW;
	outcome->decider = explanation.decider;
	explanation_release(&explanation);
	explain_object_forget(&object);
}

int edit_outcome_find(struct edit_outcome *outcome, const struct acl_edit *edit,
		      const struct edited_file *file, const char *text, const struct acl_done *done)
{
	struct acl_error error;

	*outcome = (struct edit_outcome){ .edit = edit, .done = done, .file = file };
	if (text != NULL)
		outcome->diff = file_text_diff(file->text, text, file->path);
	if (edited_policy_load(&outcome->after, file, text != NULL ? text : file->text, &error) < 0)
		return plan_refuse_error(edit, &error);
	if (rule_person_find(edit->line.rule, &outcome->person) &&
	    kind_rule_of(edit->line.rule->kind)->names_one(edit->line.rule))
		judge(outcome);
	return VMGRANT_GRANTED;
}

void edit_outcome_release(struct edit_outcome *outcome)
{
	edited_policy_release(&outcome->after);
	person_release(&outcome->person);
	free(outcome->diff);
	*outcome = (struct edit_outcome){ 0 };
}
