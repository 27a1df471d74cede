/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Ports of bridges: setting one up, and looking whether it is what it was to be. */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/socket.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include "helper/port/netlink-internal.h"
#include "helper/port/netlink.h"
#include "helper/port/port-limits.h"

/* Whether the host may speak on the port for itself. */
enum host_voice { HOST_SILENT = 1, HOST_SPEAKS };

void netlink_port_address(const struct bridge *bridge, unsigned char address_out[6])
{
	static const unsigned char highest[3] = { 0xfe, 0xff, 0xff };

	memcpy(address_out, highest, sizeof highest);
	memcpy(address_out + sizeof highest, bridge->address + sizeof highest, 6 - sizeof highest);
}

static int set_mtu_mac_master(struct netlink *netlink, const struct bridge *bridge,
			      const struct port_setup *setup, enum host_voice host)
{
	struct nl_msg *message = netlink_link_message(RTM_NEWLINK, 0, setup->ifindex, 0);
	unsigned char address[6];

	if (message == NULL)
		return -ENOMEM;
	netlink_port_address(bridge, address);
	/* The kernel works these off in its own order: address, MTU, alias, master. */
	if (nla_put(message, IFLA_ADDRESS, sizeof address, address) < 0 ||
	    nla_put_u32(message, IFLA_MTU, setup->mtu_bytes) < 0 ||
	    nla_put_string(message, IFLA_IFALIAS, setup->alias) < 0 ||
	    nla_put_u32(message, IFLA_MASTER, bridge->ifindex) < 0 ||
	    (host == HOST_SILENT && netlink_put_no_address(message) < 0))
		return netlink_discard(message);
	return netlink_transact(netlink, message);
}

struct port_flag {
	int attribute;
	uint8_t value;
};

#define PORT_FLAGS 6

/*
 * The guest is no switch of this network. Where the bridge runs the spanning tree
 * protocol, a port that sees a frame of it is shut (guard), and never becomes the
 * way to the root (protect). Without it (the kernel's default) these do nothing.
 *
 * A port that is locked to its guest's address must not learn: also frames that
 * the bridge passes to nobody teach it, before it looks at the lock (br_handle_frame()).
 */
static void list_flags(const struct port_setup *setup, struct port_flag flags[PORT_FLAGS])
{
	const uint8_t locked = setup->guest_mac != NULL;
	const struct port_flag wanted[PORT_FLAGS] = {
		{ IFLA_BRPORT_GUARD, 1 },
		{ IFLA_BRPORT_PROTECT, 1 },
		{ IFLA_BRPORT_ISOLATED, setup->isolated != 0 },
		{ IFLA_BRPORT_LEARNING, !locked },
		{ IFLA_BRPORT_UNICAST_FLOOD, !locked },
		{ BRPORT_LOCKED, locked },
	};

	memcpy(flags, wanted, sizeof wanted);
}

static int put_port_flags(struct nl_msg *message, const struct port_setup *setup)
{
	struct nlattr *info = nla_nest_start(message, IFLA_LINKINFO), *data;
	struct port_flag flags[PORT_FLAGS];

	if (info == NULL || nla_put_string(message, IFLA_INFO_SLAVE_KIND, "bridge") < 0)
		return -1;
	data = nla_nest_start(message, IFLA_INFO_SLAVE_DATA);
	if (data == NULL)
		return -1;
	list_flags(setup, flags);
	for (int i = 0; i < PORT_FLAGS; i++) {
		if (nla_put_u8(message, flags[i].attribute, flags[i].value) < 0)
			return -1;
	}
	return nla_nest_end(message, data) < 0 || nla_nest_end(message, info) < 0 ? -1 : 0;
}

/* One message: the kernel sets a port's flags before it brings the link up. */
static int set_flags_and_up(struct netlink *netlink, const struct port_setup *setup)
{
	struct nl_msg *message = netlink_link_message(RTM_NEWLINK, 0, setup->ifindex, IFF_UP);

	if (message == NULL)
		return -ENOMEM;
	if (put_port_flags(message, setup) < 0)
		return netlink_discard(message);
	return netlink_transact(netlink, message);
}

static int join(struct netlink *netlink, const struct bridge *bridge,
		const struct port_setup *setup)
{
	int result = set_mtu_mac_master(netlink, bridge, setup, HOST_SILENT);

	/* A kernel without IPv6, or with it switched off, checks that first and does nothing. */
	if (result == -EAFNOSUPPORT)
		result = set_mtu_mac_master(netlink, bridge, setup, HOST_SPEAKS);
	return result;
}

int netlink_set_up_port(struct netlink *netlink, const struct bridge *bridge,
			const struct port_setup *setup)
{
	int result = join(netlink, bridge, setup);

	/* The VLAN first: the address is entered for the VLANs that the port is in. */
	if (result == 0 && setup->vlan != 0)
		result = port_set_vlan(netlink, bridge, setup->ifindex, setup->vlan);
	if (result == 0 && setup->guest_mac != NULL)
		result = port_claim_address(netlink, setup->ifindex, setup->guest_mac);
	return result < 0 ? result : set_flags_and_up(netlink, setup);
}

/* ---- looking again ---- */

/* A kernel that does not know a flag takes the message and sets nothing. */
static int verify_flags(const struct link *port, const struct port_setup *setup)
{
	struct port_flag flags[PORT_FLAGS];

	list_flags(setup, flags);
	for (int i = 0; i < PORT_FLAGS; i++) {
		if (port->port_flags[flags[i].attribute] != flags[i].value)
			return -EOPNOTSUPP;
	}
	return 0;
}

/* The port's VLAN means something only as long as the bridge keeps VLANs apart. */
static int verify_vlan(struct netlink *netlink, const struct bridge *bridge,
		       const struct port_setup *setup)
{
	struct link now;
	int result = netlink_read_link(netlink, bridge->ifindex, &now);

	if (result < 0)
		return result;
	return now.vlans != BRIDGE_VLANS_KEPT
		       ? -ESTALE
		       : port_verify_vlan(netlink, setup->ifindex, setup->vlan);
}

static int verify_read(struct netlink *netlink, const struct bridge *bridge,
		       const struct port_setup *setup, const struct link *port)
{
	int result = port->master == bridge->ifindex ? verify_flags(port, setup) : -ESTALE;

	return result == 0 && setup->vlan != 0 ? verify_vlan(netlink, bridge, setup) : result;
}

int netlink_verify_limits(struct netlink *netlink, const struct bridge *bridge,
			  const struct port_setup *setup)
{
	struct link port;
	int result = netlink_read_link(netlink, setup->ifindex, &port);

	return result < 0 ? result : verify_read(netlink, bridge, setup, &port);
}

int netlink_verify_port(struct netlink *netlink, const struct bridge *bridge,
			const struct port_setup *setup)
{
	struct ifreq again = { .ifr_ifindex = (int)bridge->ifindex };
	struct link port;
	int result = netlink_read_link(netlink, setup->ifindex, &port);

	/* One look for all of it: what was true in two different moments never was. */
	if (result == 0 && (port.flags & IFF_UP) == 0)
		result = -ESTALE;
	if (result == 0)
		result = verify_read(netlink, bridge, setup, &port);
	if (result < 0)
		return result;
	if (ioctl(nl_socket_get_fd(netlink->socket), SIOCGIFNAME, &again) < 0)
		return -errno;
	return strcmp(again.ifr_name, bridge->name) == 0 ? 0 : -ESTALE;
}
