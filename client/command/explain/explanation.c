/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Which rule decides, and which others are about the same. */
#include "client/command/explain/explanation.h"

#include <stdlib.h>

#include "client/text/message.h"
#include "client/text/text.h"
#include "judge/names.h"
#include "judge/policy/kind-rule.h"

const char *explanation_remark(const struct explanation *explanation,
			       const struct explain_other *other)
{
	if (other->relation == EXPLAIN_PERHAPS)
		return _("if the device is what it names");
	if (explanation->decider == NULL)
		return "";
	return other->rule->effect == explanation->decider->effect ? _("not needed")
								   : _("a deny wins");
}

/*
 * Whether a rule may be about the object, if what was not said of it is as the rule
 * wants it: a request for the device finds that out, and a deny wins there.
 */
static int may_be_about(const struct acl_rule *rule, const struct acl_question *question)
{
	struct acl_object guess = *question->object;
	const struct acl_question guessing = { &guess, question->asker, question->names };
	const struct kind_rule *row = kind_rule_of(rule->kind);

	if (rule->kind == guess.kind && row->guess != NULL)
		row->guess(rule, &guess);
	return acl_rule_matches(rule, &guessing) > 0;
}

static void add_other(struct explanation *explanation, enum explain_relation relation,
		      const struct acl_rule *rule)
{
	size_t count = explanation->other_count + 1;

	explanation->others = text_need(
		reallocarray(explanation->others, count, sizeof *explanation->others));
	explanation->others[explanation->other_count++] = (struct explain_other){ relation, rule };
}

void explanation_find(struct explanation *explanation, const struct policy *policy,
		      const struct person *person, const struct explain_object *object)
{
	const struct acl_asker asker = { person->uid, person->groups, person->group_count, 0 };
	struct names_context context = { &asker, NULL };
	const struct acl_names names = names_of_system(&context);
	const struct acl_question question = { &object->acl_object, &asker, &names };

	*explanation = (struct explanation){ .object = object, .person = person };
	explanation->verdict = acl_judge(&policy->acl, &object->acl_object, &asker, &names,
					 &explanation->decider);
	for (size_t i = 0; i < policy->acl.count; i++) {
		const struct acl_rule *rule = &policy->acl.rules[i];

		if (rule == explanation->decider)
			continue;
		if (acl_rule_matches(rule, &question) > 0)
			add_other(explanation, EXPLAIN_ALSO, rule);
		else if (may_be_about(rule, &question))
			add_other(explanation, EXPLAIN_PERHAPS, rule);
	}
}

void explanation_release(struct explanation *explanation)
{
	free(explanation->others);
	*explanation = (struct explanation){ 0 };
}
