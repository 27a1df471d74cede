/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The direct port: the TAP itself is a port of the bridge. */
#include "helper/port/direct.h"

#include <errno.h>
#include <unistd.h>

#include "helper/node/node.h"
#include "helper/port/tun.h"
#include "helper/privileges.h"
#include "wire/port/port-name.h"

/* Take the first free name. */
static int make_tap(const struct port_spec *spec, struct port_made *made)
{
	const struct order_port *order = spec->order;
	int result = privileges_raise(ORDER_RIGHT_PORTS);

	if (result == 0)
		result = -EBUSY;
	for (unsigned i = 0; i < order->slot_count && result == -EBUSY; i++) {
		port_name_format(spec->owner, spec->bridge.ifindex,
				 (order->slot_first + i) % PORT_SLOTS, made->name);
		result = tun_make(made->fds, 1, made->name, order->flags, spec->owner);
	}
	privileges_lower();
	return result;
}

static int join_bridge(struct netlink *netlink, struct port_spec *spec, const char *name)
{
	int result = netlink_find_ifindex(netlink, name, &spec->setup.ifindex);

	if (result == 0)
		result = netlink_set_up_port(netlink, &spec->bridge, &spec->setup);
	return result < 0 ? result : netlink_verify_port(netlink, &spec->bridge, &spec->setup);
}

int direct_port_make(struct netlink *netlink, int tun_fd, struct port_spec *spec,
		     struct port_made *made_out)
{
	int result;

	if (tun_fd < 0)
		tun_fd = node_open_fixed("/dev/net/tun");
	made_out->step = ORDER_PORT_OPEN_TUN;
	made_out->fds[0] = tun_fd;
	if (tun_fd < 0)
		return tun_fd;
	made_out->step = ORDER_PORT_NAME;
	result = spec->order->queues == 1 ? make_tap(spec, made_out) : -EINVAL;
	if (result == 0) {
		made_out->step = ORDER_PORT_JOIN;
		result = join_bridge(netlink, spec, made_out->name);
	}
	if (result < 0)
		close(tun_fd);
	return result;
}
