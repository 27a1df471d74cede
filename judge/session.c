/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Who asks, and by which rules; and the way of one request. */
#include "judge/session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "judge/acl-verdict.h"
#include "judge/authorise.h"
#include "judge/kind/kind.h"
#include "judge/policy/installed.h"
#include "judge/sandbox/sandbox.h"
#include "wire/process/clock.h"
#include "wire/record/audit.h"
#include "wire/record/record.h"

/* A person reads a dialog and looks for a password; longer than the asker is given. */
#define PROMPT_TIMEOUT_S 330

/* ---- the channel ---- */

static int read_option(int fd, int option)
{
	int value = -1;
	socklen_t length = sizeof value;

	return getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 ? value : -1;
}

static int has_peer(int fd)
{
	struct sockaddr_un address;
	socklen_t length = sizeof address;

	return getpeername(fd, (struct sockaddr *)&address, &length) == 0;
}

/*
 * A connected AF_UNIX socket of this kind whose other end was made by the caller. A
 * socket that leads to somebody else's process would hand him what the caller is
 * allowed to have.
 */
static enum reply_code check_channel(int fd, enum channel_kind kind, uid_t caller,
				     struct refusal *why)
{
	int type = kind == CHANNEL_STREAM ? SOCK_STREAM : SOCK_SEQPACKET;
	struct ucred peer = { .uid = (uid_t)-1 };
	socklen_t length = sizeof peer;

	if (read_option(fd, SO_DOMAIN) != AF_UNIX || read_option(fd, SO_TYPE) != type)
		return refuse(why, REPLY_CHANNEL, "--fd=%d: not a unix %s", fd,
			      kind == CHANNEL_STREAM ? "stream socket"
						     : "seqpacket socket, as it must be without --br=BRIDGE");
	if (read_option(fd, SO_ACCEPTCONN) != 0 || !has_peer(fd) ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0)
		return refuse(why, REPLY_CHANNEL, "--fd=%d: not a connected socket", fd);
	if (peer.uid != caller)
		return refuse(why, REPLY_CHANNEL,
			      "--fd=%d: leads to a process of uid %u, not of the caller", fd,
			      (unsigned)peer.uid);
	return REPLY_GRANTED;
}

/* ---- opening ---- */

/* A caller who allows this process too few descriptors gets no answer without a record. */
static enum reply_code open_log(struct session *session, struct refusal *why)
{
	session->log = record_open();
	if (session->log < 0)
		return refuse(why, REPLY_INTERNAL, "start: cannot open a socket for the log: %s",
			      strerror(-session->log));
	return REPLY_GRANTED;
}

/* What the options of any rule of that kind may take. */
static unsigned rights_of_rules(const struct kind *kind, const struct acl *acl)
{
	unsigned rights = 0;

	for (size_t i = 0; kind->rights_of != NULL && i < acl->count; i++) {
		const struct acl_rule *rule = &acl->rules[i];

		if (rule->kind == kind->kind && rule->effect == ACL_EFFECT_ALLOW)
			rights |= kind->rights_of(rule);
	}
	return rights;
}

/* What no rule could ever make this caller need is given up before a request is read. */
static void give_up_rights(struct session *session)
{
	const unsigned possible = policy_kinds_possible(&session->policy, &session->caller);
	unsigned rights = 0;

	for (enum acl_kind acl = 1; acl <= ACL_KIND_LAST; acl++) {
		const struct kind *kind = kind_of(acl);

		if ((possible & (1u << acl)) != 0)
			rights |= kind->rights |
				  rights_of_rules(kind, &session->policy.acl);
	}
	orders_keep(&session->orders, rights);
}

enum reply_code session_open(const struct judge_start *start, enum channel_kind channel,
			     struct session *session, struct refusal *why)
{
	enum reply_code code;

	caller_identify(&session->caller, start);
	session->rights = start->rights;
	code = open_log(session, why);
	if (code == REPLY_GRANTED && start->is_service)
		code = caller_find_groups(&session->caller, session->client, why);
	links_open(&session->links);
	if (code == REPLY_GRANTED)
		code = judge_sandbox_enter(why);
	session->is_confined = code == REPLY_GRANTED;
	if (code == REPLY_GRANTED)
		code = check_channel(session->client, channel, session->caller.uid, why);
	if (code == REPLY_GRANTED)
		code = caller_find_name(&session->caller, why);
	if (code == REPLY_GRANTED)
		code = policy_read(&session->policy, &session->hidden, &session->orders, why);
	if (code == REPLY_GRANTED && channel == CHANNEL_MESSAGES)
		give_up_rights(session);
	return code;
}

/* ---- one request ---- */

/* The administrator may have changed his mind while names were looked up and polkit asked. */
static enum reply_code judge_again(struct matter *matter, struct refusal *why)
{
	struct session *session = matter->session;
	char object[REQUEST_TEXT_SIZE];

	/* From before the look: whatever holds the order up since counts. */
	matter->judged_ms = (uint64_t)clock_now_ms();
	if (policy_is_current(&session->policy, &session->hidden, &session->orders))
		return REPLY_GRANTED;
	request_describe(matter->request, object);
	return refuse(why, REPLY_POLICY, "%s: the policy has changed meanwhile: try again", object);
}

/* A service may have been given the right to make ports, and no other. */
static enum reply_code check_rights(const struct kind *kind, const struct matter *matter,
				    struct refusal *why)
{
	char object[REQUEST_TEXT_SIZE];

	if ((kind->rights & ORDER_RIGHT_NODES & ~matter->session->rights) == 0)
		return REPLY_GRANTED;
	request_describe(matter->request, object);
	return refuse(why, REPLY_NO_PRIVILEGE,
		      "%s: the service gives network cards only: ask the "
		      "administrator for the drop-in devices.conf of vmgrant.service",
		      object);
}

static enum reply_code perform(const struct kind *kind, struct matter *matter,
			       struct handover *handover, struct refusal *why)
{
	enum reply_code code;

	if (matter->request->purpose == PURPOSE_QUERY)
		return kind->offer(matter, handover, why);
	code = judge_again(matter, why);
	return code == REPLY_GRANTED ? kind->perform(matter, handover, why) : code;
}

static enum reply_code answer(const struct kind *kind, struct matter *matter,
			      struct handover *handover, struct refusal *why)
{
	enum reply_code code = REPLY_GRANTED;

	if (kind->find != NULL)
		code = kind->find(matter, why);
	if (code == REPLY_GRANTED)
		code = authorise(kind, matter, why);
	if (code == REPLY_GRANTED)
		code = check_rights(kind, matter, why);
	return code == REPLY_GRANTED ? perform(kind, matter, handover, why) : code;
}

enum reply_code session_answer(struct session *session, const struct request *request,
			       struct handover *handover_out, struct refusal *why)
{
	struct matter matter = { .request = request, .session = session };
	const struct kind *kind = kind_of(request->kind);
	char device[ORDER_WORDS_SIZE] = "";
	enum reply_code code;

	*handover_out = (struct handover){ .fd_count = 0 };
	if (kind == NULL)
		return refuse(why, REPLY_DENIED, "request: of no known kind");
	/* One clock for the whole request: this process ends, and the helper says so. */
	if (request->interaction == INTERACTION_ALLOWED)
		(void)alarm(PROMPT_TIMEOUT_S);
	code = answer(kind, &matter, handover_out, why);
	if (kind->name != NULL)
		kind->name(&matter, device);
	if (code != REPLY_GRANTED)
		handover_close(handover_out);
	if (code != REPLY_GRANTED && request->purpose == PURPOSE_GRANT)
		session_record(session, request, device, matter.rule, why);
	if (kind->release != NULL)
		kind->release(&matter);
	return code;
}

void session_record(struct session *session, const struct request *request, const char *device,
		    const struct acl_rule *rule, const struct refusal *why)
{
	const struct kind *kind = request != NULL ? kind_of(request->kind) : NULL;
	char object[REQUEST_TEXT_SIZE] = "", place[ORDER_RULE_SIZE] = "";
	const struct record record = {
		.code = why->code,
		.uid = session->caller.uid,
		.pid = session->caller.parent,
		.action = kind != NULL ? kind->action : "none",
		.given = "",
		.user = session->caller.name,
		.object = object,
		.device = device,
		.rule = place,
		.sentence = why->sentence,
	};

	if (request != NULL)
		request_describe(request, object);
	if (rule != NULL)
		(void)snprintf(place, sizeof place, "%s:%u", rule->file, rule->line);
	record_send(&session->log, &record);
	audit_send(session->audit, &record, NULL);
	if (session->is_service)
		pace_refusal(&session->pace);
}
