/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant bridge-helper: qemu-bridge-helper's contract without any privilege. It asks as
 * libvmgrant does, through whichever door is open, and hands the TAP over.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/text/language.h"
#include "judge/args.h"
#include "wire/process/fd-pass.h"

#define SEND_TIMEOUT_MS 5000

static int print_help(void)
{
	fputs("usage: vmgrant bridge-helper [--use-vnet] [--mac ADDRESS] --br=BRIDGE --fd=FD\n"
	      "\n"
	      "Ask for a network card on a bridge and hand it over the unix stream socket FD, as\n"
	      "qemu-bridge-helper does, without being setuid. For QEMU in a sandbox:\n"
	      "  -netdev bridge,id=n,br=BRIDGE,helper='/usr/bin/vmgrant bridge-helper'\n"
	      "\n"
	      "  --br=BRIDGE    the bridge to join\n"
	      "  --fd=FD        the socket for the answer, 3 or more\n"
	      "  --mac=ADDRESS  the guest's address, for a rule with lock-mac\n"
	      "  --use-vnet     a TAP with the virtio-net header\n",
	      stdout);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

static int hand_over(const struct args *args, const struct vmgrant_tap *tap)
{
	const char nothing = 0;
	int result = fd_pass_send(args->fd, &nothing, sizeof nothing, tap->queue_fds, 1,
				  SEND_TIMEOUT_MS);

	if (result < 0)
		return command_fail(VMGRANT_CHANNEL, "--fd=%d: cannot hand the card over: %s",
				    args->fd, strerror(-result));
	return VMGRANT_GRANTED;
}

static int ask(struct vmgrant_connection *connection, const struct args *args)
{
	struct vmgrant_tap tap = { .size = sizeof tap };
	struct vmgrant_tap_request request = {
		.size = sizeof request,
		.bridge = args->request.bridge,
		.queues = 1,
	};
	int code, status;

	if (args->request.vnet_header == VNET_HEADER_ON)
		request.flags |= VMGRANT_TAP_VNET_HEADER;
	if (args->request.has_mac)
		request.flags |= VMGRANT_TAP_MAC;
	memcpy(request.mac, args->request.guest_mac, sizeof request.mac);
	code = (int)vmgrant_tap(connection, &request, &tap);
	if (code != VMGRANT_GRANTED)
		return command_fail(code, "%s", vmgrant_error(connection));
	status = hand_over(args, &tap);
	vmgrant_tap_close(&tap);
	return status;
}

int command_bridge_helper(int argc, char **argv)
{
	struct vmgrant_connection *connection;
	struct refusal why;
	struct args args;
	int status;

	/* QEMU reads what it says, by whichever name it is started. */
	language_stay_english();
	if (args_parse(argc, argv, &args, &why) != REPLY_GRANTED)
		return command_fail((int)why.code, "%s", why.sentence);
	if (args.mode == ARGS_HELP)
		return print_help();
	if (args.mode != ARGS_DROP_IN)
		return command_fail(VMGRANT_USAGE, "--br=BRIDGE: missing: try vmgrant bridge-helper "
				    "--help");
	connection = vmgrant_connect(NULL);
	if (connection == NULL)
		return command_fail(VMGRANT_INTERNAL, "vmgrant-helper: cannot be started: %s",
				    strerror(errno));
	status = ask(connection, &args);
	vmgrant_close(connection);
	return status;
}
