/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant check: what the helper really grants. A card on each bridge that the rules
 * allow, without any dialog, given back at once: nothing that was looked at by itself
 * could tell more surely whether `vmgrant run` works.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "client/command/check/check.h"
#include "client/command/machine/bridges.h"
#include "client/text/message.h"

/* Asked about where there is no bridge: whether the helper judges at all. */
#define NO_BRIDGE "lo"

/* A locally administered address that no guest has: for rules with lock-mac. */
static int choose_address(uint8_t mac[6])
{
	static const uint8_t start[6] = { 0x52, 0x54, 0x00 };

	memcpy(mac, start, sizeof start);
	return getrandom(mac + 3, 3, 0) == 3 ? 0 : -1;
}

/* Whether a code tells something about the helper, and not about this one request. */
static int concerns_helper(enum vmgrant_code code)
{
	switch (code) {
	case VMGRANT_INTERNAL:
	case VMGRANT_USAGE:
	case VMGRANT_NO_PRIVILEGE:
	case VMGRANT_INSTALLATION:
	case VMGRANT_CHANNEL:
	case VMGRANT_POLICY:
		return 1;
	default:
		return 0;
	}
}

static void take_names(struct probe *probe, const struct vmgrant_tap *tap)
{
	_Static_assert(sizeof probe->port == sizeof tap->port, "one size of names");
	probe->port_flags = tap->flags;
	memcpy(probe->port, tap->port, sizeof probe->port);
}

static void try_card(struct vmgrant_connection *connection, struct probe *probe)
{
	struct vmgrant_tap_request request = {
		.size = sizeof request,
		.bridge = probe->bridge,
		.flags = VMGRANT_TAP_VNET_HEADER,
	};
	struct vmgrant_tap tap = { .size = sizeof tap };

	if ((probe->offer.flags & VMGRANT_PORT_LOCK_MAC) != 0 && choose_address(request.mac) == 0)
		request.flags |= VMGRANT_TAP_MAC;
	probe->was_tried = 1;
	probe->card = vmgrant_tap(connection, &request, &tap);
	if (probe->card == VMGRANT_GRANTED)
		take_names(probe, &tap);
	else
		probe->sentence = text_format("%s", vmgrant_error(connection));
	vmgrant_tap_close(&tap);
}

/* Returns 0 to go on, or -1 if every bridge would get that answer. */
static int probe_bridge(struct check *check, struct vmgrant_connection *connection,
			struct probe *probe)
{
	probe->offer.size = sizeof probe->offer;
	probe->code = vmgrant_offer(connection, probe->bridge, &probe->offer);
	if (concerns_helper(probe->code)) {
		check->helper_code = probe->code;
		check->helper_sentence = text_format("%s", vmgrant_error(connection));
		return -1;
	}
	if (probe->code != VMGRANT_GRANTED) {
		probe->sentence = text_format("%s", vmgrant_error(connection));
		return 0;
	}
	check->needs_polkit |= (probe->offer.flags & VMGRANT_PORT_POLKIT) != 0;
	if (probe->offer.quota == 0 || probe->offer.quota_used < probe->offer.quota)
		try_card(connection, probe);
	return 0;
}

void check_probe(struct check *check)
{
	struct words bridges = { 0 };
	/* No path: the library may take the service, as run does. */
	const int is_installed = strcmp(check->helper, VMGRANT_HELPER) == 0;
	struct vmgrant_connection *connection = vmgrant_connect(is_installed ? NULL : check->helper);
	size_t count;

	if (connection == NULL) {
		check->helper_code = VMGRANT_INTERNAL;
		check->helper_sentence =
			text_format(_("%s: cannot be started: %s"), check->helper, strerror(errno));
		return;
	}
	(void)bridges_find(&bridges);
	count = bridges.count;
	if (count == 0)
		words_add(&bridges, text_format(NO_BRIDGE));
	check->probes = text_need(calloc(bridges.count, sizeof *check->probes));
	for (size_t i = 0; i < bridges.count; i++) {
		struct probe *probe = &check->probes[check->probe_count++];

		probe->bridge = text_format("%s", bridges.items[i]);
		if (probe_bridge(check, connection, probe) < 0)
			break;
	}
	vmgrant_close(connection);
	words_release(&bridges);
	if (count == 0) {
		free(check->probes[0].bridge);
		free(check->probes[0].sentence);
		check->probe_count = 0;
	}
}
