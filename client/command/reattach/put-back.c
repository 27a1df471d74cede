/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Make a port of ours again what it was made to be. */
#include "client/command/reattach/put-back.h"

#include <errno.h>
#include <netlink/route/link.h>
#include <netlink/socket.h>
#include <string.h>

#include "client/text/message.h"
#include "client/text/text.h"

/* ---- one change to an interface ---- */

static int apply(struct rtnl_link *change)
{
	struct nl_sock *route = nl_socket_alloc();
	int result = route != NULL && change != NULL ? nl_connect(route, NETLINK_ROUTE) : -1;

	if (result == 0)
		result = rtnl_link_change(route, change, change, 0);
	nl_socket_free(route);
	rtnl_link_put(change);
	return result < 0 ? -EIO : 0;
}

static struct rtnl_link *new_change(const struct port *port)
{
	struct rtnl_link *change = rtnl_link_alloc();

	if (change != NULL)
		rtnl_link_set_ifindex(change, (int)port->ifindex);
	return change;
}

static int take_off(const struct port *port)
{
	struct rtnl_link *change = new_change(port);

	if (change != NULL) {
		rtnl_link_set_master(change, 0);
		rtnl_link_unset_flags(change, IFF_UP);
	}
	return apply(change);
}

static int resize(const struct port *port, unsigned mtu_bytes)
{
	struct rtnl_link *change = new_change(port);

	if (change != NULL)
		rtnl_link_set_mtu(change, mtu_bytes);
	return apply(change);
}

/* ---- the bridge ---- */

/* Returns NULL, or why it cannot be the port's. */
static char *find_bridge(const struct putting *putting, const struct port *port,
			 struct bridge *bridge)
{
	const char *name = port->state == PORT_OFF ? port->made.bridge : port->master;
	int result = netlink_find_bridge(putting->netlink, name, bridge);

	if (result == -ENODEV)
		return text_format(_("there is no bridge %s: create it, then run vmgrant reattach"),
				   name);
	if (result == -ENOTSUP)
		return text_format(_("%s is not a bridge: make a bridge of that name, then run "
				     "vmgrant reattach"),
				   name);
	if (result == 0 && port->made.vlan != 0)
		result = netlink_check_vlans(putting->netlink, bridge);
	if (result == -ESTALE && port->made.vlan != 0)
		return text_format(_("bridge %s does not keep VLANs apart: ip link set dev %s type "
				     "bridge vlan_filtering 1, then run vmgrant reattach"),
				   name, name);
	if (result < 0)
		return text_format(_("cannot look up bridge %s: %s"), name, strerror(-result));
	return NULL;
}

/* ---- making it again ---- */

static char *explain(const struct putting *putting, const struct port *port, int error)
{
	const unsigned char *mac = port->made.guest_mac;
	const char *more = netlink_explanation(putting->netlink);

	if (error == -EEXIST)
		return text_format(
			_("address %02x:%02x:%02x:%02x:%02x:%02x is in use on the bridge: "
			  "end what uses it, then run vmgrant reattach"),
			mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	return text_format(_("cannot be made a port again: %s%s%s: restart the virtual machine"),
			   strerror(-error), *more != '\0' ? ": " : "", more);
}

/* Down and off first, so that it never passes a frame without its limits. */
static enum put_back make_again(struct putting *putting, const struct port *port,
				const struct bridge *bridge)
{
	struct port_setup setup;
	int result = take_off(port);

	port_fill_setup(port, bridge, &setup);
	if (result == 0)
		result = netlink_set_up_port(putting->netlink, bridge, &setup);
	if (result == 0)
		result = netlink_verify_port(putting->netlink, bridge, &setup);
	if (result == 0)
		return PUT_BACK_DONE;
	putting->why = explain(putting, port, result);
	(void)take_off(port);
	return PUT_BACK_REFUSED;
}

static enum put_back resize_to(struct putting *putting, const struct port *port,
			       const struct bridge *bridge)
{
	int result = putting->is_dry ? 0 : resize(port, bridge->mtu_bytes);

	if (result == 0)
		return PUT_BACK_DONE;
	putting->why = text_format(_("cannot be given MTU %u: ip link set dev %s mtu %u"),
				   bridge->mtu_bytes, port->name, bridge->mtu_bytes);
	return PUT_BACK_REFUSED;
}

enum put_back port_put_back(struct putting *putting, const struct port *port)
{
	struct bridge bridge;

	if (port->state != PORT_OFF && port->state != PORT_BARE && port->state != PORT_RESIZED)
		return PUT_BACK_NOTHING;
	putting->why = find_bridge(putting, port, &bridge);
	if (putting->why != NULL) {
		if (port->state == PORT_BARE && !putting->is_dry)
			(void)take_off(port);
		return PUT_BACK_REFUSED;
	}
	if (port->state == PORT_RESIZED)
		return resize_to(putting, port, &bridge);
	return putting->is_dry ? PUT_BACK_DONE : make_again(putting, port, &bridge);
}
