/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant tap: get a TAP and let it stay.
 *
 * Who holds a direct port may let it stay by the kernel's own call, and so a rule that gives one
 * gives this. A sealed port goes with its last descriptor whatever its holder does.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "client/command/common/command.h"
#include "client/command/common/json.h"
#include "client/command/tap/tap-device.h"
#include "client/command/tap/tap.h"
#include "client/text/message.h"

static int fail_sealed(const char *bridge)
{
	return command_fail(
		VMGRANT_UNSUPPORTED,
		_("bridge %.64s: no TAP that stays: the rule gives a sealed port, which goes "
		  "with its program: ask the administrator for port=direct"),
		bridge);
}

/* Before polkit asks anybody, and before something is made for nothing. */
static int check_rule(struct vmgrant_connection *connection, const char *bridge)
{
	struct vmgrant_offer offer = { .size = sizeof offer };
	enum vmgrant_code code = vmgrant_offer(connection, bridge, &offer);
	sigset_t before;

	if (code == VMGRANT_GRANTED)
		return (offer.flags & VMGRANT_PORT_SEALED) == 0 ? VMGRANT_GRANTED
								: fail_sealed(bridge);
	command_hold_interrupts(&before);
	return command_end_request(connection, code, "bridge", bridge, &before);
}

static int ask(struct vmgrant_connection *connection, const struct tap *tap,
	       struct vmgrant_tap *given)
{
	const struct vmgrant_tap_request request = {
		.size = sizeof request,
		.bridge = tap->bridge,
		.queues = 1,
		.flags = prompt_flag(tap->prompt, VMGRANT_TAP_INTERACTIVE),
	};
	enum vmgrant_code code;
	sigset_t before;

	command_hold_interrupts(&before);
	code = vmgrant_tap(connection, &request, given);
	return command_end_request(connection, code, "bridge", tap->bridge, &before);
}

static int print(const struct tap *tap, const struct vmgrant_tap *given)
{
	json_object *object;

	if (tap->is_json) {
		object = json_object_new_object();
		json_add_text(object, "port", given->port);
		json_add_text(object, "bridge", tap->bridge);
		json_add_number(object, "mtu", given->mtu_bytes);
		json_print(object);
		(void)json_object_put(object);
	} else {
		(void)puts(given->port);
	}
	return fflush(stdout) == 0 ? 0 : -errno;
}

/* One whose name nobody has learnt does not stay. */
static int keep(const struct tap *tap, const struct vmgrant_tap *given)
{
	int result;

	/* The policy has changed meanwhile. */
	if ((given->flags & VMGRANT_PORT_SEALED) != 0)
		return fail_sealed(tap->bridge);
	result = tap_device_keep(given->queue_fds[0]);
	if (result < 0)
		return command_fail(VMGRANT_INTERNAL, _("port %s: cannot be made to stay: %s"),
				    given->port, strerror(-result));
	/* A pipe that nobody reads any more is an error to undo it by, and no end. */
	(void)signal(SIGPIPE, SIG_IGN);
	result = print(tap, given);
	if (result == 0)
		return VMGRANT_GRANTED;
	(void)tap_device_let_go(given->queue_fds[0]);
	return command_fail(VMGRANT_INTERNAL,
			    _("port %s: is gone again: its name cannot be written: %s"),
			    given->port, strerror(-result));
}

int tap_make(const struct tap *tap)
{
	struct vmgrant_connection *connection = prompt_connect(tap->helper, tap->prompt);
	struct vmgrant_tap given = { .size = sizeof given };
	int code;

	if (connection == NULL)
		return command_fail(VMGRANT_INTERNAL, _("vmgrant-helper: cannot be started: %s"),
				    strerror(errno));
	code = check_rule(connection, tap->bridge);
	if (code == VMGRANT_GRANTED) {
		code = ask(connection, tap, &given);
		if (code == VMGRANT_GRANTED) {
			code = keep(tap, &given);
			vmgrant_tap_close(&given);
		}
	}
	vmgrant_close(connection);
	return code;
}
