/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a request to a grant: the ACL, then polkit. */
#include "helper/authorise.h"

#include <stdlib.h>

#include "helper/ask-polkit.h"
#include "helper/names.h"

struct grant {
	const struct request *request;
	const struct caller *caller;
	struct acl_options options;
};

/*
 * The one sentence for "no rule" and "a rule forbids it", for a bridge that is
 * there and one that is not: who may not use a bridge learns nothing about it.
 */
static enum reply_code deny(const struct request *request, const struct caller *caller,
			    struct refusal *why)
{
	return refuse(why, REPLY_DENIED,
		      "bridge %s: not allowed for user %s: ask the administrator for a rule in %s",
		      request->bridge, caller->name, VMGRANT_ACL_FILE);
}

static enum reply_code judge(const struct request *request, const struct caller *caller,
			     const struct policy *policy, const struct acl_rule **rule_out,
			     struct refusal *why)
{
	const struct acl_object object = { .kind = ACL_KIND_BRIDGE, .bridge = request->bridge };
	const struct acl_asker asker = { caller->uid, caller->groups, caller->group_count };
	struct names_context context = { &asker };
	const struct acl_names names = names_of_system(&context);

	switch (acl_judge(&policy->acl, &object, &asker, &names, rule_out)) {
	case ACL_VERDICT_ALLOW:
		return REPLY_GRANTED;
	case ACL_VERDICT_NO_NAMES:
		return refuse(why, REPLY_DENIED,
			      "bridge %s: not allowed for user %s: the system's list of users and "
			      "groups does not answer, try again later",
			      request->bridge, caller->name);
	case ACL_VERDICT_DENY:
	default:
		return deny(request, caller, why);
	}
}

/*
 * A protection that a rule demands and that this kind of request cannot have
 * is a refusal, never a port without it.
 */
static enum reply_code check_options(const struct request *request,
				     const struct acl_options *options, struct refusal *why)
{
	const char *option = NULL;

	if (options->lock_mac)
		option = "lock-mac";
	else if (options->vlan != 0)
		option = "vlan";
	if (option == NULL)
		return REPLY_GRANTED;
	return refuse(why, REPLY_UNSUPPORTED,
		      "bridge %s: the rule demands %s, which a port for QEMU's helper= cannot have: "
		      "ask the administrator for a rule without it",
		      request->bridge, option);
}

static enum reply_code question_polkit(const struct request *request, const struct caller *caller,
				       const struct account *account, struct refusal *why)
{
	const struct polkit_question question = {
		.action = "org.vmgrant.tap",
		.object_kind = "bridge",
		.object = request->bridge,
		.queues = 1,
		.caller = caller,
	};

	return ask_polkit(&question, account, why);
}

enum reply_code authorise(const struct request *request, const struct caller *caller,
			  const struct policy *policy, const struct account *account,
			  const struct acl_rule **rule_out, struct grant **grant_out,
			  struct refusal *why)
{
	enum reply_code code;
	struct grant *grant;

	*grant_out = NULL;
	code = judge(request, caller, policy, rule_out, why);
	if (code != REPLY_GRANTED)
		return code;
	code = check_options(request, &(*rule_out)->options, why);
	if (code != REPLY_GRANTED)
		return code;
	if (!(*rule_out)->options.polkit_skip) {
		code = question_polkit(request, caller, account, why);
		if (code != REPLY_GRANTED)
			return code;
	}
	grant = malloc(sizeof *grant);
	if (grant == NULL)
		return refuse(why, REPLY_INTERNAL, "bridge %s: out of memory", request->bridge);
	*grant = (struct grant){ request, caller, (*rule_out)->options };
	*grant_out = grant;
	return REPLY_GRANTED;
}

void grant_release(struct grant *grant)
{
	free(grant);
}

const struct request *grant_request(const struct grant *grant)
{
	return grant->request;
}

const struct caller *grant_caller(const struct grant *grant)
{
	return grant->caller;
}

const struct acl_options *grant_options(const struct grant *grant)
{
	return &grant->options;
}
