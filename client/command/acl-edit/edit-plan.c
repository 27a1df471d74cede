/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What the file is to hold after an edit. */
#include "client/command/acl-edit/edit-plan.h"

#include <stdlib.h>
#include <string.h>

#include "client/command/acl-edit/edited-policy.h"
#include "client/command/acl-edit/file/file-text.h"
#include "client/command/acl-edit/plan-refusals.h"
#include "client/command/acl-edit/rule/rule-person.h"
#include "client/command/acl-edit/rule/same-rule.h"
#include "client/command/common/command.h"
#include "client/command/common/policy-error.h"
#include "client/text/message.h"

/* One edit under way. */
struct plan {
	const struct acl_edit *edit;
	const struct edited_file *file;
	const struct edited_policy *before;
	const struct person *person; /* whom the rule names; NULL: not one who is known */
	char **text_out;
	struct acl_done *done;
};

static int is_here(const struct plan *plan, const struct acl_rule *rule)
{
	return plan->before->file != NULL && strcmp(rule->file, plan->before->file) == 0;
}

/* ---- checking the new text ---- */

/* The rule of the edited file that stands on that line. */
static const struct acl_rule *find_rule(const struct edited_policy *edited, unsigned line)
{
	for (size_t i = 0; i < edited->policy.acl.count; i++) {
		const struct acl_rule *rule = &edited->policy.acl.rules[i];

		if (rule->line == line && edited->file != NULL &&
		    strcmp(rule->file, edited->file) == 0)
			return rule;
	}
	return NULL;
}

/* Beside the codes: the line does not count where it was tried, and another place is left. */
#define NOT_THERE (-1)

/* A text that may take the place of the file's. */
struct attempt {
	char *text;
	unsigned line;   /* where the rule stands in it; 0: it is taken away */
	unsigned moved;  /* by how many lines what follows has moved */
	int is_last;     /* 1: say why, if the rule does not count there */
	unsigned before; /* out: the old text's line that decides instead; 0: in another file */
};

static int refuse_obstacle(const struct plan *plan, struct attempt *attempt,
			   const struct acl_rule *obstacle, const char *file)
{
	struct acl_rule shown = *obstacle;
	const int is_here = strcmp(obstacle->file, file) == 0;

	/* Said is where it stands now. */
	if (is_here && shown.line > attempt->line)
		shown.line -= attempt->moved;
	if (is_here && shown.effect == ACL_EFFECT_ALLOW)
		attempt->before = shown.line;
	if (shown.effect == ACL_EFFECT_ALLOW && !attempt->is_last)
		return NOT_THERE;
	return plan_refuse_obstacle(plan->edit, &shown);
}

/*
 * The new text is a policy, and the line in it counts. Returns VMGRANT_GRANTED,
 * NOT_THERE, or another code after printing why.
 */
static int try_text(const struct plan *plan, struct attempt *attempt)
{
	const struct acl_rule *rule, *obstacle = NULL;
	struct edited_policy after;
	struct acl_error error;
	int code = VMGRANT_GRANTED;

	attempt->before = 0;
	if (edited_policy_load(&after, plan->file, attempt->text, &error) < 0) {
		code = plan_refuse_error(plan->edit, &error);
	} else {
		rule = find_rule(&after, attempt->line);
		if (rule != NULL && rule->effect == ACL_EFFECT_ALLOW)
			obstacle = rule_obstacle(&after.policy, rule, plan->person);
		if (obstacle != NULL)
			code = refuse_obstacle(plan, attempt, obstacle, rule->file);
	}
	edited_policy_release(&after);
	return code;
}

/* Consumes the attempt's text. */
static int try_change(const struct plan *plan, const char *action, struct attempt *attempt)
{
	int code = try_text(plan, attempt);

	if (code == VMGRANT_GRANTED) {
		*plan->text_out = attempt->text;
		plan->done->action = action;
	} else {
		free(attempt->text);
	}
	return code;
}

/* ---- a line more ---- */

static int try_place(const struct plan *plan, unsigned place, int is_last, unsigned *before_out)
{
	struct attempt attempt = {
		.text = file_text_insert(plan->file->text, place, plan->edit->line.text),
		.line = place,
		.moved = 1,
		.is_last = is_last,
	};
	int code = try_change(plan, "added", &attempt);

	plan->done->line = place;
	*before_out = attempt.before;
	return code;
}

/* At the end, or in front of the line that would decide otherwise, or of all. */
static int add_line(const struct plan *plan)
{
	const char *text = plan->file->text;
	const unsigned first = file_text_first_statement(text);
	unsigned before, unused;
	int code = try_place(plan, file_text_lines(text) + 1, first == 0, &before);

	if (code == NOT_THERE && before > first)
		code = try_place(plan, before, 0, &unused);
	if (code == NOT_THERE)
		code = try_place(plan, first, 1, &unused);
	return code;
}

static int replace_line(const struct plan *plan, const struct acl_rule *old)
{
	struct attempt attempt = {
		.text = file_text_replace(plan->file->text, old->line, plan->edit->line.text),
		.line = old->line,
		.is_last = 1,
	};

	plan->done->line = old->line;
	return try_change(plan, "replaced", &attempt);
}

/* The first rule that is equal, or about the same. */
static const struct acl_rule *find_first(const struct plan *plan,
					 int (*is_wanted)(const struct acl_rule *left,
							  const struct acl_rule *right))
{
	const struct acl *acl = &plan->before->policy.acl;

	for (size_t i = 0; i < acl->count; i++) {
		if (is_wanted(&acl->rules[i], plan->edit->line.rule))
			return &acl->rules[i];
	}
	return NULL;
}

static int add(const struct plan *plan)
{
	/* Of several that are about the same the first is the one that counts. */
	const struct acl_rule *same = find_first(plan, rule_is_same);

	if (same == NULL)
		return add_line(plan);
	if (rule_is_equal(same, plan->edit->line.rule)) {
		plan_tell_equal(plan->edit, same);
		return VMGRANT_GRANTED;
	}
	if (plan->edit->what != ACL_EDIT_REPLACE || !is_here(plan, same))
		return plan_refuse_same(plan->edit, same, is_here(plan, same));
	return replace_line(plan, same);
}

/* ---- a line less ---- */

/* All lines that are equal: one that stayed would go on to count. */
static int take_away(const struct plan *plan)
{
	const struct acl *acl = &plan->before->policy.acl;
	unsigned *lines = text_need(calloc(acl->count + 1, sizeof *lines));
	struct attempt attempt = { .is_last = 1 };
	size_t count = 0;
	int code;

	for (size_t i = 0; i < acl->count; i++) {
		const struct acl_rule *rule = &acl->rules[i];

		/* A file that is included twice has its rules twice. */
		if (is_here(plan, rule) && rule_is_equal(rule, plan->edit->line.rule) &&
		    (count == 0 || rule->line > lines[count - 1]))
			lines[count++] = rule->line;
	}
	if (count == 0) {
		code = plan_refuse_missing(plan->edit, &plan->before->policy,
					   find_first(plan, rule_is_equal),
					   find_first(plan, rule_is_same));
	} else {
		attempt.text = file_text_remove(plan->file->text, lines, count);
		plan->done->line = lines[0];
		code = try_change(plan, "taken away", &attempt);
	}
	free(lines);
	return code;
}

/* ---- the whole ---- */

int edit_plan(const struct acl_edit *edit, const struct edited_file *file, char **text_out,
	      struct acl_done *done)
{
	struct edited_policy before;
	struct person person;
	const struct plan plan = {
		edit,     file,
		&before,  rule_person_find(edit->line.rule, &person) ? &person : NULL,
		text_out, done
	};
	struct acl_error error;
	int code;

	*text_out = NULL;
	if (edited_policy_load(&before, file, file->text, &error) < 0)
		code = plan_refuse_error(edit, &error);
	else if (before.is_imported)
		code = plan_refuse_imported(edit, file->path);
	else
		code = edit->what == ACL_EDIT_REMOVE ? take_away(&plan) : add(&plan);
	done->is_draft = before.is_draft;
	edited_policy_release(&before);
	person_release(&person);
	return code;
}
