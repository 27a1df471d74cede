/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ACL's verdict about what a request names, and the sentence for a no. */
#include "helper/judge.h"

#include "helper/names.h"

enum reply_code judge_deny(const struct request *request, const struct caller *caller,
			   struct refusal *why)
{
	char object[REQUEST_TEXT_SIZE];

	request_describe(request, object);
	return refuse(why, REPLY_DENIED,
		      "%s: not allowed for user %s: ask the administrator for a rule in %s",
		      object, caller->name, VMGRANT_ACL_FILE);
}

enum reply_code judge_object(const struct request *request, const struct acl_object *object,
			     const struct caller *caller, const struct policy *policy,
			     const struct acl_rule **rule_out, struct refusal *why)
{
	const struct acl_asker asker = { caller->uid, caller->groups, caller->group_count };
	struct names_context context = { &asker };
	const struct acl_names names = names_of_system(&context);
	char text[REQUEST_TEXT_SIZE];

	switch (acl_judge(&policy->acl, object, &asker, &names, rule_out)) {
	case ACL_VERDICT_ALLOW:
		return REPLY_GRANTED;
	case ACL_VERDICT_NO_NAMES:
		request_describe(request, text);
		return refuse(why, REPLY_DENIED,
			      "%s: not allowed for user %s: the system's list of users and "
			      "groups does not answer, try again later",
			      text, caller->name);
	case ACL_VERDICT_DENY:
	default:
		return judge_deny(request, caller, why);
	}
}
