/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vmgrant-helper: the setuid-root program. The way of a request, in one screen:
 *
 *   bytes -> decode -> who is asking -> ACL -> polkit -> quota -> perform -> fd + reply
 *
 * Each step is a file with the step's name; none looks back. What the process
 * may do in each phase stands at the top of privileges.h. This file is the
 * outermost layer: only it writes messages, records and the exit status.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "helper/args.h"
#include "helper/authorise.h"
#include "helper/caller.h"
#include "helper/channel.h"
#include "helper/check-acl.h"
#include "helper/policy.h"
#include "helper/privileges.h"
#include "helper/process.h"
#include "helper/record.h"
#include "helper/tap.h"

/* What each kind of request may raise while it is performed; all else is dropped. */
static const unsigned privileges_needed[] = {
	[REQUEST_TAP] = PRIVILEGE_NET_ADMIN | PRIVILEGE_OPEN,
};

/* Longer than polkit is given; whoever started us stands still meanwhile. */
#define REQUEST_TIMEOUT_S 30

/* What the steps make, in their order. Zeroed: nobody, no rules, no grant. */
struct session {
	struct account account;
	struct caller caller;
	struct policy policy;
	const struct acl_rule *rule;
	struct grant *grant;
	int tap_fd;
};

static enum reply_code serve(const struct args *args, struct session *session, struct refusal *why)
{
	const struct request *request = &args->request;
	enum reply_code code = privileges_shrink(session->caller.uid, &session->account, why);

	if (code == REPLY_GRANTED)
		code = channel_check(args->fd, session->caller.uid, why);
	if (code == REPLY_GRANTED)
		code = caller_find_name(&session->caller, why);
	if (code == REPLY_GRANTED)
		code = policy_read(&session->policy, &session->caller, &session->account, why);
	if (code == REPLY_GRANTED)
		code = privileges_finish(privileges_needed[request->kind], &session->account, why);
	if (code == REPLY_GRANTED)
		code = authorise(request, &session->caller, &session->policy, &session->account,
				 &session->rule, &session->grant, why);
	if (code == REPLY_GRANTED)
		code = tap_make(session->grant, &session->tap_fd, why);
	return code;
}

static enum reply_code drop_in(const struct args *args, struct refusal *why)
{
	struct session session = { .tap_fd = -1 };
	enum reply_code code = privileges_check(why);

	process_limit_time(REQUEST_TIMEOUT_S);
	if (code == REPLY_GRANTED)
		code = process_close_fds(args->fd, why);
	if (code == REPLY_GRANTED)
		code = caller_identify(&session.caller, why);
	if (code != REPLY_GRANTED)
		return code;
	code = serve(args, &session, why);
	/* Before the TAP is sent: its receiver may end this process at once. */
	record_outcome(&args->request, &session.caller, session.rule, why);
	/* From here on the receiver may own the TAP: the exit status must follow it. */
	process_limit_time(0);
	if (code != REPLY_GRANTED)
		return code;
	code = channel_send_tap(args->fd, session.tap_fd, why);
	if (code != REPLY_GRANTED)
		record_outcome(&args->request, &session.caller, session.rule, why);
	/* The kernel releases the rest, and an unsent TAP with it. */
	return code;
}

static enum reply_code print_help(void)
{
	fputs("usage: vmgrant-helper [--use-vnet] --br=BRIDGE --fd=FD\n"
	      "       vmgrant-helper --check-acl [FILE]\n"
	      "       vmgrant-helper --help | --version\n"
	      "\n"
	      "Makes a TAP on an allowed bridge and hands it over the unix stream socket FD,\n"
	      "as qemu-bridge-helper does. QEMU and libvirt start it:\n"
	      "  qemu-system-x86_64 -netdev bridge,id=n,br=BRIDGE,helper=PATH ...\n"
	      "\n"
	      "  --use-vnet          a TAP with the virtio-net header, where the kernel has it\n"
	      "  --br=BRIDGE         the bridge to join\n"
	      "  --fd=FD             the socket for the answer, 3 or more\n"
	      "  --check-acl [FILE]  check a policy file and say what is wrong with it\n"
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
	if (args->mode == ARGS_CHECK_ACL)
		return check_acl(args->acl_file, why);
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

int main(int argc, char **argv)
{
	struct refusal why = { .code = REPLY_GRANTED };
	struct args args;
	enum reply_code code = process_secure(&why);

	if (code == REPLY_GRANTED)
		code = args_parse(argc, argv, &args, &why);
	if (code == REPLY_GRANTED)
		code = args.mode == ARGS_DROP_IN ? drop_in(&args, &why)
						 : run_unprivileged(&args, &why);
	if (code != REPLY_GRANTED)
		print_refusal(&why);
	return (int)code;
}
