/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A port on a bridge, as an order wants it. */
#include "helper/port/port.h"

#include <errno.h>
#include <string.h>

#include "helper/node/node.h"
#include "helper/port/direct.h"
#include "helper/port/sealed.h"
#include "helper/privileges.h"

static int raise_ports(void)
{
	return privileges_raise(ORDER_RIGHT_PORTS);
}

int port_open(struct port_maker *maker)
{
	static const struct netlink_right right = { raise_ports, privileges_lower };

	return maker->netlink != NULL ? 0 : netlink_open(&right, &maker->netlink);
}

const char *port_explanation(const struct port_maker *maker)
{
	return maker->netlink != NULL ? netlink_explanation(maker->netlink) : "";
}

void port_forget(struct port_maker *maker)
{
	netlink_close(maker->netlink);
	maker->netlink = NULL;
}

/* What is needed to make the port again is said by its alias. */
static void format_alias(struct port_spec *spec)
{
	const struct order_port *order = spec->order;
	struct port_alias alias = {
		.uid = spec->owner,
		.isolated = (order->flags & ORDER_PORT_ISOLATED) != 0,
		.is_locked = (order->flags & ORDER_PORT_LOCK_MAC) != 0,
		.vlan = order->vlan,
	};

	memcpy(alias.bridge, spec->bridge.name, sizeof alias.bridge);
	memcpy(alias.guest_mac, order->mac, sizeof alias.guest_mac);
	port_alias_format(order->words.user, &alias, spec->alias);
}

static void fill_setup(struct port_spec *spec)
{
	const struct order_port *order = spec->order;

	format_alias(spec);
	spec->setup = (struct port_setup){
		.alias = spec->alias,
		.mtu_bytes = spec->bridge.mtu_bytes,
		.isolated = (order->flags & ORDER_PORT_ISOLATED) != 0,
		.guest_mac = (order->flags & ORDER_PORT_LOCK_MAC) != 0 ? order->mac : NULL,
		.vlan = order->vlan,
	};
}

static int make(struct port_maker *maker, struct port_spec *spec, struct port_made *made)
{
	int tun_fd = maker->tun_fd;

	if ((spec->order->flags & ORDER_PORT_SEALED) != 0)
		return sealed_port_make(maker->netlink, &maker->builders, spec, made);
	maker->tun_fd = -1;
	return direct_port_make(maker->netlink, tun_fd, spec, made);
}

/* One for each queue. On a failure no file of the port stays open. */
static int open_vhost(struct fd_list *files, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		int fd = node_open_fixed("/dev/vhost-net");

		if (fd < 0) {
			fd_list_close(files);
			return fd;
		}
		files->fds[files->count++] = fd;
	}
	return 0;
}

int port_make(struct port_maker *maker, const struct order_port *order, struct fd_list *files_out,
	      struct answer_port *answer_out, enum order_port_step *step_out)
{
	struct port_spec spec = { .order = order, .owner = maker->owner };
	struct port_made made = { .step = ORDER_PORT_FOUND };
	int result = port_open(maker);

	*step_out = ORDER_PORT_FOUND;
	if (result == 0)
		result = netlink_find_bridge(maker->netlink, order->bridge, &spec.bridge);
	if (result < 0)
		return result;
	fill_setup(&spec);
	result = make(maker, &spec, &made);
	*step_out = made.step;
	if (result < 0)
		return result;
	files_out->count = order->queues;
	memcpy(files_out->fds, made.fds, order->queues * sizeof made.fds[0]);
	answer_out->mtu_bytes = spec.bridge.mtu_bytes;
	answer_out->queues = order->queues;
	memcpy(answer_out->port_name, made.name, sizeof made.name);
	if ((order->flags & ORDER_PORT_VHOST) == 0)
		return 0;
	*step_out = ORDER_PORT_OPEN_VHOST;
	answer_out->vhost_count = order->queues;
	return open_vhost(files_out, order->queues);
}
