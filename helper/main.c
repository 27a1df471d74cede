/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vmgrant-helper: the setuid-root program. The way of a request, in one screen:
 *
 *   bytes -> decode -> who is asking -> find -> ACL -> polkit -> quota -> perform -> fd + reply
 *
 * Each step is a file with the step's name; none looks back. What the process
 * may do in each phase stands at the top of privileges.h. This file is the
 * outermost layer: only it writes messages, records and the exit status.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "judge/args.h"
#include "judge/authorise.h"
#include "judge/caller.h"
#include "judge/channel.h"
#include "judge/session.h"
#include "judge/policy/installed.h"
#include "helper/privileges.h"
#include "helper/process.h"
#include "helper/record.h"
#include "judge/kind/bridge/bridge.h"
#include "judge/kind/usb/open.h"
#include "judge/kind/vfio/open.h"

/* What each kind of request may raise while it is performed; all else is dropped. */
static const unsigned privileges_needed[] = {
	[REQUEST_TAP] = PRIVILEGE_NET_ADMIN | PRIVILEGE_OPEN,
	[REQUEST_USB] = PRIVILEGE_OPEN,
	[REQUEST_VFIO] = PRIVILEGE_OPEN | PRIVILEGE_LIMITS,
};

/* Longer than polkit is given; whoever asked stands still meanwhile. */
#define REQUEST_TIMEOUT_S 30
/* A person reads a dialog and looks for a password; longer than the asker is given. */
#define PROMPT_TIMEOUT_S 330

/* Who asks, and by which rules: the same for all requests of a connection. */
struct session {
	struct account account;
	struct caller caller;
	struct policy policy;
	int fd; /* the socket of the requests */
	struct netlink *netlink; /* kept between requests for TAPs; NULL: not open */
	struct names_memory names; /* of a connection; what a drop-in asks, it asks once */
	struct record_log log;
};

/* What became of one request. Zeroed: nothing. */
struct outcome {
	const struct acl_rule *rule; /* that decided, for the record */
	char device[OBJECT_NAME_SIZE]; /* the concrete one, for the record */
	struct tap_port port;
	struct tap_offer offer;
	struct nodes nodes;
	struct memlock memlock;
	struct refusal why;
};

/* A connection may bring every kind of request; the drop-in form is one for a TAP. */
static unsigned jobs_of(enum channel_kind channel)
{
	if (channel == CHANNEL_STREAM)
		return privileges_needed[REQUEST_TAP];
	return privileges_needed[REQUEST_TAP] | privileges_needed[REQUEST_USB] |
	       privileges_needed[REQUEST_VFIO];
}

/* Phases 0 to 2: from a program just started to one that may judge requests. */
static enum reply_code open_session(const struct args *args, enum channel_kind channel,
				    struct session *session, struct refusal *why)
{
	/* First, since every refusal is recorded under the caller's name; needs no privilege. */
	enum reply_code code = caller_identify(&session->caller, why);

	session->fd = args->fd;
	process_limit_time(REQUEST_TIMEOUT_S);
	if (code == REPLY_GRANTED)
		code = privileges_check(why);
	if (code == REPLY_GRANTED)
		code = process_close_fds(args->fd, why);
	if (code == REPLY_GRANTED)
		code = privileges_shrink(jobs_of(channel), session->caller.uid,
					 &session->account, why);
	if (code == REPLY_GRANTED)
		code = record_open(&session->log, why);
	if (code == REPLY_GRANTED)
		code = channel_check(args->fd, channel, session->caller.uid, why);
	if (code == REPLY_GRANTED)
		code = caller_find_name(&session->caller, why);
	if (code == REPLY_GRANTED)
		code = policy_read(&session->policy, &session->caller, &session->account, why);
	if (code == REPLY_GRANTED)
		code = privileges_finish(jobs_of(channel), &session->account, why);
	return code;
}

static enum reply_code perform_vfio(const struct grant *grant, const struct session *session,
				    struct outcome *outcome)
{
	if (grant_request(grant)->purpose == PURPOSE_GRANT)
		return vfio_open(grant, session->fd, &outcome->nodes, &outcome->memlock,
				 &outcome->why);
	vfio_offer(grant, &outcome->nodes);
	return REPLY_GRANTED;
}

static enum reply_code perform(const struct grant *grant, struct session *session,
			       struct outcome *outcome)
{
	const struct request *request = grant_request(grant);

	if (request->kind == REQUEST_VFIO)
		return perform_vfio(grant, session, outcome);
	if (request->kind == REQUEST_TAP && request->purpose == PURPOSE_QUERY)
		return tap_offer(grant, &outcome->offer, &outcome->why);
	if (request->kind == REQUEST_USB)
		return usb_open(grant, &outcome->nodes, &outcome->why);
	return tap_make(grant, &session->netlink, &outcome->port, &outcome->why);
}

/* A dialog takes minutes, in which the administrator may have changed his mind. */
static enum reply_code judge_again(const struct request *request, const struct session *session,
				   struct refusal *why)
{
	char object[REQUEST_TEXT_SIZE];

	if (request->interaction != INTERACTION_ALLOWED)
		return REPLY_GRANTED;
	/* Nobody can stop the helper behind this look for as long as a dialog may take. */
	process_limit_time(REQUEST_TIMEOUT_S);
	if (policy_is_current(&session->policy))
		return REPLY_GRANTED;
	request_describe(request, object);
	return refuse(why, REPLY_POLICY, "%s: the policy has changed meanwhile: try again", object);
}

/* Judge one request and perform it. The limit of time for one without a dialog runs already. */
static enum reply_code answer(const struct request *request, struct session *session,
			      struct outcome *outcome)
{
	struct object object = { 0 };
	struct grant *grant = NULL;
	enum reply_code code;

	if (request->interaction == INTERACTION_ALLOWED)
		process_limit_time(PROMPT_TIMEOUT_S);
	code = object_find(request, &object, &outcome->why);
	if (code == REPLY_GRANTED)
		code = authorise(request, &object, &session->caller, &session->policy,
				 &session->account, &outcome->rule, &grant, &outcome->why);
	if (code == REPLY_GRANTED)
		code = judge_again(request, session, &outcome->why);
	if (code == REPLY_GRANTED)
		code = perform(grant, session, outcome);
	object_name(&object, outcome->device);
	grant_release(grant);
	object_release(&object);
	return code;
}

static void record(struct session *session, const struct request *request,
		   const struct outcome *outcome)
{
	record_outcome(&session->log, request, outcome->device, &session->caller, outcome->rule,
		       &outcome->why);
}

/* qemu-bridge-helper's contract: one request, from the arguments; one byte and one fd. */
static enum reply_code drop_in(const struct args *args, struct refusal *why)
{
	struct session session = { .log = RECORD_LOG_CLOSED };
	struct outcome outcome = { .rule = NULL };
	enum reply_code code = open_session(args, CHANNEL_STREAM, &session, &outcome.why);

	process_limit_time(REQUEST_TIMEOUT_S);
	if (code == REPLY_GRANTED)
		code = answer(&args->request, &session, &outcome);
	/* Before the TAP is sent: its receiver may end this process at once. */
	record(&session, &args->request, &outcome);
	/* From here on the receiver may own the TAP: the exit status must follow it. */
	process_limit_time(0);
	if (code == REPLY_GRANTED) {
		code = channel_send_tap(args->fd, outcome.port.fds[0], &outcome.why);
		if (code != REPLY_GRANTED)
			record(&session, &args->request, &outcome);
	}
	/* The kernel releases the rest, and an unsent TAP with it. */
	*why = outcome.why;
	return code;
}

/* What the client is told and given with a yes. */
static struct native_yes yes_of(const struct request *request, const struct outcome *outcome)
{
	if (request->kind != REQUEST_TAP)
		return (struct native_yes){ .nodes = &outcome->nodes };
	if (request->purpose == PURPOSE_QUERY)
		return (struct native_yes){ .offer = &outcome->offer };
	return (struct native_yes){ .port = &outcome->port };
}

/* One request of a connection. Returns REPLY_GRANTED as long as the connection goes on. */
static enum reply_code native_request(int fd, struct session *session,
				      const struct request *request, const struct native_tag *tag)
{
	struct outcome outcome = { .rule = NULL };
	enum reply_code code = answer(request, session, &outcome), sent;
	const struct native_yes yes = yes_of(request, &outcome);
	int is_query = request->purpose == PURPOSE_QUERY;
	char object[REQUEST_TEXT_SIZE];

	/* Before the reply is sent: its receiver may end this process at once. */
	if (!is_query)
		record(session, request, &outcome);
	sent = native_reply(fd, tag, &outcome.why, code == REPLY_GRANTED ? &yes : NULL);
	tap_close(&outcome.port);
	nodes_close(&outcome.nodes);
	if (code == REPLY_GRANTED && sent != REPLY_GRANTED && !is_query) {
		memlock_undo(&outcome.memlock);
		request_describe(request, object);
		(void)refuse(&outcome.why, sent, "%s: the client did not take it", object);
		record(session, request, &outcome);
	}
	memlock_release(&outcome.memlock);
	return sent;
}

/* The native protocol: requests over the socket until the client has gone. */
static enum reply_code native(const struct args *args, struct refusal *why)
{
	struct session session = { .log = RECORD_LOG_CLOSED };
	struct native_tag tag;
	struct request request;
	enum native_event event;
	enum reply_code code = open_session(args, CHANNEL_MESSAGES, &session, why);

	if (code != REPLY_GRANTED) {
		record_outcome(&session.log, NULL, "", &session.caller, NULL, why);
		return code;
	}
	session.caller.names = &session.names;
	process_limit_time(0);
	while (code == REPLY_GRANTED &&
	       (event = native_receive(args->fd, &request, &tag, why)) != NATIVE_CLOSED) {
		/*
		 * The administrator's newest word counts; the client connects again. The
		 * time runs from before this look: a caller who stops the helper behind it
		 * cannot keep an old policy for later.
		 */
		process_limit_time(REQUEST_TIMEOUT_S);
		if (!policy_is_current(&session.policy))
			return REPLY_GRANTED;
		code = event == NATIVE_REQUEST
			       ? native_request(args->fd, &session, &request, &tag)
			       : native_reply(args->fd, &tag, why, NULL);
		process_limit_time(0);
	}
	return REPLY_GRANTED;
}

static enum reply_code print_help(void)
{
	fputs("usage: vmgrant-helper [--use-vnet] [--mac=ADDRESS] --br=BRIDGE --fd=FD\n"
	      "       vmgrant-helper --fd=FD\n"
	      "       vmgrant-helper --help | --version\n"
	      "\n"
	      "Makes a TAP on an allowed bridge and hands it over the unix stream socket FD,\n"
	      "as qemu-bridge-helper does. QEMU and libvirt start it:\n"
	      "  qemu-system-x86_64 -netdev bridge,id=n,br=BRIDGE,helper=PATH ...\n"
	      "\n"
	      "  --mac=ADDRESS       the guest's address, for a rule with lock-mac\n"
	      "  --use-vnet          a TAP with the virtio-net header, where the kernel has it\n"
	      "  --br=BRIDGE         the bridge to join\n"
	      "  --fd=FD             the socket for the answer, 3 or more; without --br a unix\n"
	      "                      seqpacket socket, over which libvmgrant asks\n"
	      "\n"
	      "Who may use which bridge stands in " VMGRANT_ACL_FILE ".\n"
	      "See vmgrant-helper(8), vmgrant.acl(5).\n",
	      stdout);
	return fflush(stdout) == 0 ? REPLY_GRANTED : REPLY_INTERNAL;
}

static enum reply_code run_unprivileged(const struct args *args, struct refusal *why)
{
	enum reply_code code = privileges_drop(why);

	if (code != REPLY_GRANTED)
		return code;
	if (args->mode == ARGS_HELP)
		return print_help();
	puts("vmgrant-helper " PACKAGE_VERSION);
	return fflush(stdout) == 0 ? REPLY_GRANTED : REPLY_INTERNAL;
}

/* A reader of our messages that does not read must not hold the program for ever. */
static void print_refusal(const struct refusal *why)
{
	struct pollfd writable = { .fd = STDERR_FILENO, .events = POLLOUT };

	privileges_speak_as_caller();
	/* Nor may one that has gone replace the exit status by a signal. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGALRM, SIG_DFL);
	(void)alarm(2);
	if (poll(&writable, 1, 1000) == 1)
		(void)dprintf(STDERR_FILENO, "vmgrant-helper: %s\n", why->sentence);
}

static enum reply_code run(const struct args *args, struct refusal *why)
{
	switch (args->mode) {
	case ARGS_DROP_IN:
		return drop_in(args, why);
	case ARGS_NATIVE:
		return native(args, why);
	default:
		return run_unprivileged(args, why);
	}
}

/*
 * libvirt (9.0) takes what we said out of a buffer as soon as the socket closes,
 * while a thread of its own may still be filling it, and then shows a part or
 * rubbish: the thread gets its end of file, and a moment, before the socket does.
 */
static void let_it_be_read(void)
{
	const struct timespec moment = { .tv_nsec = 50000000 };

	close(STDERR_FILENO);
	close(STDOUT_FILENO);
	(void)nanosleep(&moment, NULL);
}

int main(int argc, char **argv)
{
	struct refusal why = { .code = REPLY_GRANTED };
	struct args args = { .fd = -1 };
	enum reply_code code = process_secure(&why);

	if (code == REPLY_GRANTED)
		code = args_parse(argc, argv, &args, &why);
	if (code == REPLY_GRANTED)
		code = run(&args, &why);
	if (code == REPLY_GRANTED)
		return 0;
	print_refusal(&why);
	if (args.mode == ARGS_DROP_IN)
		let_it_be_read();
	return (int)code;
}
