/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The ports that the helper has made, and what has become of them. */
#include "client/command/machine/ports.h"

#include <errno.h>
#include <netlink/cache.h>
#include <netlink/errno.h>
#include <netlink/route/link.h>
#include <netlink/socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/machine/port-vlans.h"
#include "client/command/machine/tree.h"
#include "client/text/text.h"
#include "wire/port/port-name.h"

/* Interfaces come and go while they are listed; a handful of tries is usual. */
#define LIST_ATTEMPTS 100

/* Of <linux/if_tun.h>, which does not go together with <net/if.h> everywhere. */
#define IFF_PERSIST 0x0800

/* ---- reading ---- */

static int is_kind(struct rtnl_link *link, const char *kind)
{
	const char *is = rtnl_link_get_type(link);

	return is != NULL && strcmp(is, kind) == 0;
}

/* Returns 1 if it is one of ours. */
static int read_port(struct rtnl_link *link, struct nl_cache *links, struct port *port)
{
	const char *alias = rtnl_link_get_ifalias(link);
	struct rtnl_link *master;

	*port = (struct port){ .ifindex = (unsigned)rtnl_link_get_ifindex(link) };
	if (alias == NULL || (!is_kind(link, "tun") && !is_kind(link, "veth")) ||
	    port_alias_parse(alias, &port->made) < 0)
		return 0;
	(void)snprintf(port->name, sizeof port->name, "%s", rtnl_link_get_name(link));
	(void)snprintf(port->alias, sizeof port->alias, "%s", alias);
	port->mtu_bytes = rtnl_link_get_mtu(link);
	port->master_ifindex = (unsigned)rtnl_link_get_master(link);
	if (port->master_ifindex == 0)
		return 1;
	master = rtnl_link_get(links, (int)port->master_ifindex);
	(void)snprintf(port->master, sizeof port->master, "%s",
		       master != NULL ? rtnl_link_get_name(master) : "?");
	rtnl_link_put(master);
	return 1;
}

/* Its bridge may have got another name; its own name says which one it was. */
static int is_at_home(const struct port *port)
{
	return strcmp(port->master, port->made.bridge) == 0 ||
	       port_name_slot(port->name, port->made.uid, port->master_ifindex) >= 0;
}

static int is_persistent(struct rtnl_link *link)
{
	long flags = is_kind(link, "tun") ? tree_number("", "/sys/class/net/%s/tun_flags",
							rtnl_link_get_name(link))
					  : -1;

	return flags >= 0 && (flags & IFF_PERSIST) != 0;
}

static enum port_state judge(struct netlink *netlink, const struct port *port,
			     struct rtnl_link *link)
{
	struct bridge bridge;
	struct port_setup setup;

	if (port->master_ifindex == 0)
		return PORT_OFF;
	if (!is_at_home(port) || netlink_find_bridge(netlink, port->master, &bridge) < 0)
		return PORT_ELSEWHERE;
	/* One that is being made is down as well, and gets its limits with coming up. */
	if ((rtnl_link_get_flags(link) & IFF_UP) == 0)
		return PORT_DOWN;
	port_fill_setup(port, &bridge, &setup);
	if (netlink_verify_port(netlink, &bridge, &setup) < 0 ||
	    (setup.vlan != 0 && !port_vlans_are(port->ifindex, setup.vlan)))
		return PORT_BARE;
	if (port->mtu_bytes != bridge.mtu_bytes)
		return PORT_RESIZED;
	/* A TAP that no program has open has no carrier, and exists only if it is persistent. */
	return port->is_persistent && rtnl_link_get_carrier(link) == 0 ? PORT_UNHELD : PORT_WHOLE;
}

static void add(struct ports *ports, const struct port *port)
{
	ports->items = text_need(
		realloc(ports->items, (ports->count + 1) * sizeof *ports->items));
	ports->items[ports->count++] = *port;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct port *)a)->name, ((const struct port *)b)->name);
}

static void collect(struct netlink *netlink, struct nl_cache *links, struct ports *ports)
{
	for (struct nl_object *object = nl_cache_get_first(links); object != NULL;
	     object = nl_cache_get_next(object)) {
		struct rtnl_link *link = (struct rtnl_link *)object;
		struct port port;

		if (!read_port(link, links, &port))
			continue;
		port.is_persistent = is_persistent(link);
		port.state = judge(netlink, &port, link);
		add(ports, &port);
	}
	if (ports->count > 0)
		qsort(ports->items, ports->count, sizeof *ports->items, compare);
}

static int list_links(struct nl_cache **links_out)
{
	struct nl_sock *route = nl_socket_alloc();
	int result = route != NULL ? nl_connect(route, NETLINK_ROUTE) : -NLE_NOMEM;

	for (int attempt = 0; result == 0 && attempt < LIST_ATTEMPTS; attempt++) {
		result = rtnl_link_alloc_cache(route, AF_UNSPEC, links_out);
		if (result != -NLE_DUMP_INTR)
			break;
		result = 0;
	}
	nl_socket_free(route);
	return result < 0 ? -EIO : 0;
}

int ports_find(struct ports *ports_out)
{
	struct nl_cache *links = NULL;
	struct netlink *netlink;
	int result = netlink_open(NULL, &netlink);

	*ports_out = (struct ports){ 0 };
	if (result < 0)
		return result;
	result = list_links(&links);
	if (result == 0 && links == NULL)
		result = -EINTR;
	if (result == 0)
		collect(netlink, links, ports_out);
	nl_cache_free(links);
	netlink_close(netlink);
	return result;
}

void ports_release(struct ports *ports)
{
	free(ports->items);
	*ports = (struct ports){ 0 };
}

/* ---- in words ---- */

char *port_user(const struct port *port)
{
	const char *start = port->alias + strlen("vmgrant: user "), *end = start;

	for (const char *next = strstr(start, " (uid "); next != NULL;
	     next = strstr(next + 1, " (uid "))
		end = next;
	return text_format("%.*s", (int)(end - start), start);
}

char *port_limits(const struct port *port)
{
	const unsigned char *mac = port->made.guest_mac;
	char *text = NULL, *part;

	text_append(&text, "", 0);
	if (port->made.isolated)
		text_append(&text, ", isolated", strlen(", isolated"));
	if (port->made.is_locked) {
		part = text_format(", lock-mac=%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
				   mac[2], mac[3], mac[4], mac[5]);
		text_append(&text, part, strlen(part));
		free(part);
	}
	if (port->made.vlan != 0) {
		part = text_format(", vlan=%u", port->made.vlan);
		text_append(&text, part, strlen(part));
		free(part);
	}
	part = text_format("%s", *text != '\0' ? text + strlen(", ") : "");
	free(text);
	return part;
}

const char *port_state_word(enum port_state state)
{
	static const char *const words[] = {
		[PORT_WHOLE] = "whole", [PORT_RESIZED] = "resized",     [PORT_UNHELD] = "unheld",
		[PORT_DOWN] = "down",   [PORT_ELSEWHERE] = "elsewhere", [PORT_OFF] = "off",
		[PORT_BARE] = "bare",
	};

	return words[state];
}

void port_fill_setup(const struct port *port, const struct bridge *bridge,
		     struct port_setup *setup_out)
{
	*setup_out = (struct port_setup){
		.ifindex = port->ifindex,
		.mtu_bytes = bridge->mtu_bytes,
		.alias = port->alias,
		.isolated = port->made.isolated,
		.guest_mac = port->made.is_locked ? port->made.guest_mac : NULL,
		.vlan = port->made.vlan,
	};
}
