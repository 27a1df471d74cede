/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The ACL's verdict about what a request names, and the sentence for a no. */
#include "judge/acl-verdict.h"

#include "judge/names.h"
#include "wire/refusal/escape.h"

enum reply_code judge_deny(const struct request *request, const struct caller *caller,
			   struct refusal *why)
{
	char object[REQUEST_TEXT_SIZE];

	request_describe(request, object);
	if (caller->is_nameless)
		return refuse(why, REPLY_DENIED,
			      "%s: not allowed for uid %s: the system knows no user of that id: "
			      "only a rule with user %s in %s can allow it",
			      object, caller->name, caller->name, VMGRANT_ACL_FILE);
	return refuse(why, REPLY_DENIED,
		      "%s: not allowed for user %s: ask the administrator for a rule in %s",
		      object, caller->name, VMGRANT_ACL_FILE);
}

enum reply_code judge_no_names(const struct request *request, const struct caller *caller,
			       const struct acl_rule *rule, struct refusal *why)
{
	char object[REQUEST_TEXT_SIZE], file[128], name[96];

	request_describe(request, object);
	return refuse(why, REPLY_DENIED,
		      "%s: not allowed for user %s: %s: line %u: %s %s: the system's list of users "
		      "and groups does not know it or does not answer: try again later, or ask the "
		      "administrator",
		      object, caller->name, escape_string(file, sizeof file, rule->file),
		      rule->line,
		      rule->subject.type == ACL_SUBJECT_USER_NAME ? "user" : "group",
		      escape_string(name, sizeof name, rule->subject.name));
}

enum acl_verdict judge_verdict(const struct acl_object *object, const struct caller *caller,
			       const struct policy *policy, const struct acl_rule **rule_out)
{
	const struct acl_asker asker = { caller->uid, caller->groups, caller->group_count,
					 caller->is_nameless };
	struct names_context context = { &asker, caller->names };
	const struct acl_names names = names_of_system(&context);

	return acl_judge(&policy->acl, object, &asker, &names, rule_out);
}

enum reply_code judge_object(const struct request *request, const struct acl_object *object,
			     const struct caller *caller, const struct policy *policy,
			     const struct acl_rule **rule_out, struct refusal *why)
{
	switch (judge_verdict(object, caller, policy, rule_out)) {
	case ACL_VERDICT_ALLOW:
		return REPLY_GRANTED;
	case ACL_VERDICT_NO_NAMES:
		return judge_no_names(request, caller, *rule_out, why);
	case ACL_VERDICT_DENY:
	default:
		return judge_deny(request, caller, why);
	}
}

unsigned policy_kinds_possible(const struct policy *policy, const struct caller *caller)
{
	const struct acl_asker asker = { caller->uid, caller->groups, caller->group_count,
					 caller->is_nameless };
	struct names_context context = { &asker, caller->names };
	const struct acl_names names = names_of_system(&context);

	return acl_kinds_possible(&policy->acl, &asker, &names);
}
