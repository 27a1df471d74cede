/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Rules that are about the same, and what keeps one from counting. */
#include "client/command/acl-edit/rule/same-rule.h"

#include <string.h>

#include "client/command/check/acl/acl-never.h"
#include "client/command/explain/explanation.h"
#include "judge/policy/kind-rule.h"

int rule_is_same(const struct acl_rule *left, const struct acl_rule *right)
{
	return left->effect == right->effect && acl_rule_covers(left, right) &&
	       acl_rule_covers(right, left);
}

int rule_is_equal(const struct acl_rule *left, const struct acl_rule *right)
{
	/* ro is written as an option, and part of what a disk rule is about. */
	return rule_is_same(left, right) && left->disk.read_only == right->disk.read_only &&
	       /* A rule is read into zeroed memory, padding too. */
	       /* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c) */
	       memcmp(&left->options, &right->options, sizeof left->options) == 0;
}

static const struct acl_rule *covering(const struct policy *policy, const struct acl_rule *rule)
{
	const struct acl_rule *deny;

	if (acl_rule_never(&policy->acl, rule, &deny) != NULL && deny != NULL)
		return deny;
	for (const struct acl_rule *other = policy->acl.rules; other < rule; other++) {
		if (other->effect == ACL_EFFECT_ALLOW && acl_rule_covers(other, rule))
			return other;
	}
	return NULL;
}

const struct acl_rule *rule_obstacle(const struct policy *policy, const struct acl_rule *rule,
				     const struct person *person)
{
	const struct acl_rule *plain = covering(policy, rule), *decider;
	struct explain_object object = { .title = "" };
	struct explanation explanation;

	if (plain != NULL || person == NULL || !kind_rule_of(rule->kind)->names_one(rule))
		return plain;
	object.acl_object.kind = rule->kind;
	kind_rule_of(rule->kind)->take(rule, &object.acl_object);
	explain_object_look(&object, &policy->acl);
	explanation_find(&explanation, policy, person, &object);
	decider = explanation.decider;
	explanation_release(&explanation);
	explain_object_forget(&object);
	return decider == rule ? NULL : decider;
}
