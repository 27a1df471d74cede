/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a request to a grant: the ACL, then polkit. */
#include "judge/authorise.h"

#include <stdlib.h>

#include "judge/ask-polkit.h"
#include "helper/node/memlock.h"
#include "judge/kind/bridge/rules.h"

struct grant {
	const struct request *request;
	const struct object *object;
	const struct caller *caller;
	struct acl_options options;
};

static enum reply_code question_polkit(const struct request *request,
				       const struct object *object, const struct caller *caller,
				       const struct account *account, struct refusal *why)
{
	char text[REQUEST_TEXT_SIZE];
	struct polkit_question question = {
		.action = request_action(request),
		.object = text,
		.interaction = request->interaction,
		.caller = caller,
	};

	request_describe(request, text);
	object_describe(object, request, &question);
	polkit_question_add(&question, "user", caller->name);
	return ask_polkit(&question, account, why);
}

/* What only a request that makes something has to pass. */
static enum reply_code check_request(const struct request *request, const struct object *object,
				     const struct caller *caller, const struct account *account,
				     const struct acl_options *options, struct refusal *why)
{
	enum reply_code code = REPLY_GRANTED;

	if (request->kind == REQUEST_TAP)
		code = tap_rules_check_request(request, options, why);
	else if (request->kind == REQUEST_VFIO)
		code = memlock_check(request, options, why);
	if (code == REPLY_GRANTED && !options->polkit_skip)
		code = question_polkit(request, object, caller, account, why);
	return code;
}

enum reply_code authorise(const struct request *request, struct object *object,
			  const struct caller *caller, const struct policy *policy,
			  const struct account *account, const struct acl_rule **rule_out,
			  struct grant **grant_out, struct refusal *why)
{
	struct acl_options options;
	enum reply_code code;
	struct grant *grant;

	*grant_out = NULL;
	code = object_judge(object, request, caller, policy, rule_out, why);
	if (code != REPLY_GRANTED)
		return code;
	options = object_options(object, *rule_out);
	if (request->kind == REQUEST_TAP)
		code = tap_rules_check_rule(request, &options, why);
	if (code == REPLY_GRANTED && request->purpose == PURPOSE_GRANT)
		code = check_request(request, object, caller, account, &options, why);
	if (code != REPLY_GRANTED)
		return code;
	grant = malloc(sizeof *grant);
	if (grant == NULL)
		return refuse(why, REPLY_INTERNAL, "request: out of memory");
	*grant = (struct grant){ request, object, caller, options };
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

const struct object *grant_object(const struct grant *grant)
{
	return grant->object;
}

const struct caller *grant_caller(const struct grant *grant)
{
	return grant->caller;
}

const struct acl_options *grant_options(const struct grant *grant)
{
	return &grant->options;
}
