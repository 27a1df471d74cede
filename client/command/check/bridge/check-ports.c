/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant check: ports that are no longer what they were made to be, and bridges that change. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "client/command/check/check.h"
#include "client/command/common/person.h"
#include "client/command/machine/bridges.h"
#include "client/command/machine/ports.h"
#include "client/command/machine/tree.h"
#include "client/text/message.h"
#include "wire/port/port-prefix.h"

#define ADDRESS_SET_BY_HAND 3 /* NET_ADDR_SET */

/* ---- the ports of this person's guests; root sees everybody's ---- */

static char *mend_of(const struct port *port)
{
	if (port->state == PORT_DOWN)
		return text_format("sudo ip link set dev %s up", port->name);
	if (port->state == PORT_UNHELD)
		return text_format("vmgrant tap --remove %s", port->name);
	if (port->state == PORT_ELSEWHERE)
		return text_format("sudo ip link set dev %s nomaster && sudo vmgrant reattach",
				   port->name);
	return text_format("sudo vmgrant reattach");
}

static char *describe(const struct port *port)
{
	char *limits, *text;

	switch (port->state) {
	case PORT_OFF:
		return text_format(_("is on no bridge: its guest has no network"));
	case PORT_DOWN:
		return text_format(_("somebody has set it down: its guest has no network"));
	case PORT_ELSEWHERE:
		return text_format(_("somebody has put it on %s, without its limits"),
				   port->master);
	case PORT_RESIZED:
		return text_format(_("has not the bridge's MTU, but %u"), port->mtu_bytes);
	case PORT_UNHELD:
		return text_format(_("no program has it open; it was made persistent"));
	case PORT_BARE:
	case PORT_WHOLE:
		break;
	}
	limits = port_limits(port);
	text = text_format(_("has lost its limits: %s%sBPDU guard, root block"), limits,
			   *limits != '\0' ? ", " : "");
	free(limits);
	return text;
}

/* A card that check asked for itself: the kernel clears it away a little later. */
static int is_probe(const struct check *check, const struct port *port)
{
	for (size_t i = 0; i < check->probe_count; i++) {
		if (strcmp(check->probes[i].port, port->name) == 0)
			return 1;
	}
	return 0;
}

void check_ports(struct check *check)
{
	struct ports ports;
	size_t whole = 0;

	if (ports_find(&ports) < 0)
		return;
	for (size_t i = 0; i < ports.count; i++) {
		const struct port *port = &ports.items[i];
		char *user, *what;

		if (check->person->uid != 0 && check->person->uid != port->made.uid)
			continue;
		if (is_probe(check, port))
			continue;
		if (port->state == PORT_WHOLE) {
			whole++;
			continue;
		}
		user = port_user(port);
		what = describe(port);
		check_add(check,
			  port->state == PORT_DOWN || port->state == PORT_UNHELD ? CHECK_INFO
										 : CHECK_WARN,
			  text_format(_("port %s: user %s on %s: %s"), port->name, user,
				      port->made.bridge, what),
			  mend_of(port));
		free(what);
		free(user);
	}
	if (whole > 0)
		check_add(
			check, CHECK_OK,
			text_format(_("ports: %zu on their bridges, with all their limits"), whole),
			NULL);
	ports_release(&ports);
}

/* ---- the addresses of bridges ---- */

/* Ports that are not ours: while one is there, no guest changes the bridge's address. */
static int has_other_port(const struct check *check, const char *bridge)
{
	struct words ports;
	int found = 0;

	tree_names(&ports, check->root, "/sys/class/net/%s/brif", bridge);
	for (size_t i = 0; i < ports.count; i++)
		found |= fnmatch(PORT_PATTERN, ports.items[i], 0) != 0;
	words_release(&ports);
	return found;
}

/* What it has now, so that nobody who knows it has to learn another; else one of the usual. */
static char *address_for(const struct check *check, const char *bridge)
{
	char *address = tree_line(check->root, "/sys/class/net/%s/address", bridge);
	unsigned char tail[3] = { 0xab, 0xcd, 0xef };

	if (address != NULL && strcmp(address, "00:00:00:00:00:00") != 0)
		return address;
	free(address);
	(void)!getrandom(tail, sizeof tail, GRND_NONBLOCK);
	return text_format("52:54:00:%02x:%02x:%02x", tail[0], tail[1], tail[2]);
}

void check_bridge_addresses(struct check *check)
{
	struct words bridges;

	if (bridges_find(&bridges) < 0)
		return;
	for (size_t i = 0; i < bridges.count; i++) {
		const char *bridge = bridges.items[i];
		long type = tree_number(check->root, "/sys/class/net/%s/addr_assign_type", bridge);
		int is_kept = has_other_port(check, bridge);
		char *address;

		if (type < 0 || type == ADDRESS_SET_BY_HAND)
			continue;
		address = address_for(check, bridge);
		check_add(check, is_kept ? CHECK_INFO : CHECK_WARN,
			  is_kept ? text_format(_("bridge %s: its address was never set: it "
						  "changes with its other ports"),
						bridge)
				  : text_format(_("bridge %s: its address was never set: it "
						  "changes with the first guest"),
						bridge),
			  text_format("sudo ip link set dev %s address %s  # and in the network's "
				      "configuration",
				      bridge, address));
		free(address);
	}
	words_release(&bridges);
}
