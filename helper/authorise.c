/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a request to a grant: the ACL, then polkit. */
#include "helper/authorise.h"

#include <stdlib.h>

#include "helper/ask-polkit.h"
#include "helper/memlock.h"

struct grant {
	const struct request *request;
	const struct object *object;
	const struct caller *caller;
	struct acl_options options;
};

/*
 * A protection that a rule demands and that this program cannot give is a
 * refusal, never a port without it. More than the rule gives is a refusal, too,
 * and never silently less: the guest would be set up for what it does not get.
 */
static enum reply_code check_options(const struct request *request,
				     const struct acl_options *options, struct refusal *why)
{
	unsigned queues = options->queues != 0 && !options->port_direct ? options->queues : 1;

	if (options->lock_mac || options->vlan != 0)
		return refuse(why, REPLY_UNSUPPORTED,
			      "bridge %s: the rule demands %s, which this version cannot give: ask "
			      "the administrator for a rule without it",
			      request->bridge, options->lock_mac ? "lock-mac" : "vlan");
	if (request->queues > queues)
		return refuse(why, REPLY_DENIED,
			      "bridge %s: %u queues are not allowed, the rule gives %u%s: ask for fewer",
			      request->bridge, request->queues, queues,
			      options->port_direct ? " (a direct port has one)" : "");
	if (request->vhost == VHOST_ON && !options->vhost)
		return refuse(why, REPLY_DENIED,
			      "bridge %s: vhost is not allowed by the rule: ask without it, or the "
			      "administrator for vhost in the rule",
			      request->bridge);
	return REPLY_GRANTED;
}

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
		code = check_options(request, options, why);
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
	if (request->purpose == PURPOSE_GRANT)
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
