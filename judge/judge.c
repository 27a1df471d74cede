/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The process that decides: from the command line to the end. */
#include "judge/judge.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "judge/args.h"
#include "judge/native.h"
#include "judge/powerless.h"
#include "judge/session.h"
#include "wire/process/door.h"
#include "wire/record/record.h"

/* Longer than polkit is given; whoever asked blocks until then. */
#define REQUEST_TIMEOUT_S 30

/* ---- with a helper ---- */

/*
 * qemu-bridge-helper's contract: one request, from the arguments. The helper hands the TAP
 * over itself and ends this process with that: only a refusal comes back.
 */
static enum reply_code drop_in(const struct judge_start *start, const struct args *args,
			       struct session *session, struct refusal *why)
{
	struct handover handover;
	enum reply_code code = session_open(start, CHANNEL_STREAM, session, why);

	if (code != REPLY_GRANTED) {
		session_record(session, &args->request, "", NULL, why);
		return code;
	}
	return session_answer(session, &args->request, &handover, why);
}

static enum reply_code native(const struct judge_start *start, struct session *session,
			      struct refusal *why)
{
	enum reply_code code = session_open(start, CHANNEL_MESSAGES, session, why);

	if (code == REPLY_GRANTED && start->refused != NULL) {
		*why = *start->refused;
		code = why->code;
	}
	if (code == REPLY_GRANTED)
		native_serve(session);
	else
		session_record(session, NULL, "", NULL, why);
	/* A setuid helper's caller reads it on standard error. */
	if (code != REPLY_GRANTED && start->is_service)
		native_refuse(session, why);
	return code;
}

static int run_with_helper(const struct judge_start *start)
{
	struct session session = {
		.orders = { .fd = start->orders, .has_no_reader = start->is_service },
		.client = start->client,
		.log = -1,
		.audit = start->audit,
		.is_service = start->is_service,
		.caller = { .uid = start->caller, .parent = start->parent },
	};
	struct refusal why = { .code = REPLY_GRANTED };
	struct args args;
	enum reply_code code;

	/* By default it kills: the helper says what that means. */
	(void)alarm(REQUEST_TIMEOUT_S);
	code = args_parse(start->argc, start->argv, &args, &why);
	if (code == REPLY_GRANTED)
		code = args.mode == ARGS_DROP_IN ? drop_in(start, &args, &session, &why)
						 : native(start, &session, &why);
	why.code = code;
	orders_end(&session.orders, &why);
	return (int)code;
}

/* ---- alone, as the caller ---- */

static int print_help(void)
{
	fputs("usage: vmgrant-helper [--use-vnet] [--mac=ADDRESS] --br=BRIDGE --fd=FD\n"
	      "       vmgrant-helper --fd=FD\n"
	      "       vmgrant-helper --service[=by-pid]\n"
	      "       vmgrant-helper --help | --version\n"
	      "\n"
	      "Makes a TAP on an allowed bridge and hands it over the unix stream socket FD,\n"
	      "as qemu-bridge-helper does. QEMU and libvirt start it:\n"
	      "  qemu-system-x86_64 -netdev bridge,id=n,br=BRIDGE,helper=PATH ...\n"
	      "\n"
	      "  --mac=ADDRESS  the guest's address, for a rule with lock-mac\n"
	      "  --use-vnet     a TAP with the virtio-net header, where the kernel has it\n"
	      "  --br=BRIDGE    the bridge to join\n"
	      "  --fd=FD        the socket for the answer, 3 or more; without --br a unix\n"
	      "                 seqpacket socket, over which libvmgrant asks\n"
	      "  --service      serve the client of a service, see vmgrant.service\n"
	      "\n"
	      "Who may use which bridge stands in " VMGRANT_ACL_FILE ": see\n"
	      "vmgrant-helper(8), vmgrant.acl(5), and vmgrant check-acl and explain.\n",
	      stdout);
	return fflush(stdout) == 0 ? REPLY_GRANTED : REPLY_INTERNAL;
}

static void record_powerless(const struct judge_start *start, const struct refusal *why)
{
	struct session session = {
		.log = record_open(),
		.audit = -1,
		.caller = { .uid = start->caller, .parent = start->parent },
	};

	session_record(&session, NULL, "", NULL, why);
}

static int run_alone(const struct judge_start *start)
{
	struct refusal why = { .code = REPLY_GRANTED };
	struct args args;
	enum reply_code code = args_parse(start->argc, start->argv, &args, &why);

	if (code == REPLY_GRANTED && args.mode == ARGS_HELP)
		return print_help();
	if (code == REPLY_GRANTED && args.mode == ARGS_VERSION) {
		puts("vmgrant-helper " PACKAGE_VERSION);
		return fflush(stdout) == 0 ? REPLY_GRANTED : REPLY_INTERNAL;
	}
	if (code == REPLY_GRANTED && door_find(start->argc, start->argv).kind == DOOR_SERVICE)
		code = refuse(&why, REPLY_NO_PRIVILEGE,
			      "--service: is for vmgrant.service, which "
			      "gives it a capability: connect to " VMGRANT_SOCKET);
	else if (code == REPLY_GRANTED) {
		code = refuse_powerless(&why);
		record_powerless(start, &why);
	}
	refusal_print(&why);
	return (int)code;
}

int judge_run(const struct judge_start *start)
{
	return start->orders < 0 ? run_alone(start) : run_with_helper(start);
}
