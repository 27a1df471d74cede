/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The direct port: the TAP itself is a port of the bridge. */
#include "helper/port/direct.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "helper/privileges.h"
#include "helper/port/tun.h"

/* Everybody may open it on most systems; where not, the rule is what counts. */
static int open_tun(struct direct_port *port)
{
	int result;

	if (port->fd >= 0)
		return 0;
	port->fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (port->fd >= 0)
		return 0;
	if (errno != EACCES)
		return -errno;
	result = privileges_raise(ORDER_RIGHT_NODES);
	if (result == 0)
		port->fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (result == 0 && port->fd < 0)
		result = -errno;
	privileges_lower();
	return result;
}

/* Take the first free name. Needs CAP_NET_ADMIN raised. */
static int make_first_free(const struct bridge *bridge, const struct port_spec *spec,
			   struct direct_port *port)
{
	int result = -EBUSY;

	for (unsigned i = 0; i < spec->slot_count && result == -EBUSY; i++) {
		port_name_format(spec->owner, bridge->ifindex, (spec->slot_first + i) % PORT_SLOTS,
				 port->name);
		result = tun_make(&port->fd, 1, port->name, spec->flags, spec->owner);
	}
	return result;
}

static int make_tap(const struct bridge *bridge, const struct port_spec *spec,
		    struct direct_port *port)
{
	int result = privileges_raise(ORDER_RIGHT_PORTS);

	if (result == 0)
		result = make_first_free(bridge, spec, port);
	privileges_lower();
	return result;
}

static int join_bridge(struct netlink *netlink, const struct bridge *bridge,
		       const struct port_spec *spec, const struct direct_port *port)
{
	struct port_setup setup = spec->setup;
	int result = netlink_find_ifindex(netlink, port->name, &setup.ifindex);

	if (result == 0)
		result = privileges_raise(ORDER_RIGHT_PORTS);
	if (result == 0)
		result = netlink_set_up_port(netlink, bridge, &setup);
	privileges_lower();
	return result < 0 ? result : netlink_verify_port(netlink, bridge, &setup);
}

static int build(struct netlink *netlink, const struct bridge *bridge,
		 const struct port_spec *spec, struct direct_port *port)
{
	int result = spec->queues == 1 ? open_tun(port) : -EINVAL;

	if (result < 0)
		return result;
	port->failed_step = ORDER_PORT_NAME;
	result = make_tap(bridge, spec, port);
	if (result < 0)
		return result;
	port->failed_step = ORDER_PORT_JOIN;
	return join_bridge(netlink, bridge, spec, port);
}

int direct_port_make(struct netlink *netlink, int tun_fd, const struct bridge *bridge,
		     const struct port_spec *spec, struct direct_port *port_out)
{
	int result;

	*port_out = (struct direct_port){ .fd = tun_fd, .failed_step = ORDER_PORT_OPEN_TUN };
	result = build(netlink, bridge, spec, port_out);
	if (result < 0)
		direct_port_close(port_out);
	return result;
}

void direct_port_close(struct direct_port *port)
{
	if (port->fd >= 0)
		close(port->fd);
	port->fd = -1;
}
