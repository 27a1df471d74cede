/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Ports of bridges: setting one up, and looking whether it is what it was to be. */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdint.h>

#include "helper/port/netlink-internal.h"
#include "helper/port/netlink.h"
#include "helper/port/port-limits.h"

/* Whether the host may speak on the port for itself. */
enum host_voice { HOST_SILENT = 1, HOST_SPEAKS };

static int join(struct netlink *netlink, const struct bridge *bridge,
		const struct port_setup *setup, enum host_voice host)
{
	/* The kernel works these off in its own order: address, MTU, alias, master. */
	netlink_begin_link(netlink, RTM_NEWLINK, 0, setup->ifindex, 0);
	netlink_put(netlink, IFLA_ADDRESS, bridge->port_address, sizeof bridge->port_address);
	netlink_put_u32(netlink, IFLA_MTU, setup->mtu_bytes);
	netlink_put_text(netlink, IFLA_IFALIAS, setup->alias);
	netlink_put_u32(netlink, IFLA_MASTER, bridge->ifindex);
	if (host == HOST_SILENT)
		netlink_put_no_address(netlink);
	return netlink_transact(netlink);
}

struct port_flag {
	int attribute;
	uint8_t value;
};

#define PORT_FLAGS 6

struct port_flags {
	struct port_flag flags[PORT_FLAGS];
};

/*
 * The guest is no switch of this network. Where the bridge runs the spanning tree
 * protocol, a port that sees a frame of it is shut (guard), and never becomes the
 * way to the root (protect). Without it (the kernel's default) these do nothing.
 *
 * A port that is locked to its guest's address must not learn: also frames that
 * the bridge passes to nobody teach it, before it looks at the lock (br_handle_frame()).
 */
static struct port_flags flags_of(const struct port_setup *setup)
{
	const uint8_t locked = setup->guest_mac != NULL;

	return (struct port_flags){ {
		{ IFLA_BRPORT_GUARD, 1 },
		{ IFLA_BRPORT_PROTECT, 1 },
		{ IFLA_BRPORT_ISOLATED, setup->isolated != 0 },
		{ IFLA_BRPORT_LEARNING, !locked },
		{ IFLA_BRPORT_UNICAST_FLOOD, !locked },
		{ BRPORT_LOCKED, locked },
	} };
}

/* One message: the kernel sets a port's flags before it brings the link up. */
static int set_flags_and_up(struct netlink *netlink, const struct port_setup *setup)
{
	const struct port_flags wanted = flags_of(setup);

	netlink_begin_link(netlink, RTM_NEWLINK, 0, setup->ifindex, IFF_UP);
	netlink_nest(netlink, IFLA_LINKINFO);
	netlink_put_text(netlink, IFLA_INFO_SLAVE_KIND, "bridge");
	netlink_nest(netlink, IFLA_INFO_SLAVE_DATA);
	for (int i = 0; i < PORT_FLAGS; i++)
		netlink_put_u8(netlink, wanted.flags[i].attribute, wanted.flags[i].value);
	netlink_end(netlink);
	netlink_end(netlink);
	return netlink_transact(netlink);
}

int netlink_set_up_port(struct netlink *netlink, const struct bridge *bridge,
			const struct port_setup *setup)
{
	int result = join(netlink, bridge, setup, HOST_SILENT);

	/* A kernel without IPv6, or with it switched off, checks that first and does nothing. */
	if (result == -EAFNOSUPPORT)
		result = join(netlink, bridge, setup, HOST_SPEAKS);
	/* The VLAN first: the address is entered for the VLANs that the port is in. */
	if (result == 0 && setup->vlan != 0)
		result = port_set_vlan(netlink, setup->ifindex, setup->vlan);
	if (result == 0 && setup->guest_mac != NULL)
		result = port_claim_address(netlink, setup->ifindex, setup->guest_mac);
	return result < 0 ? result : set_flags_and_up(netlink, setup);
}

/* ---- looking again ---- */

/* A kernel that does not know a flag takes the message and sets nothing. */
static int verify_flags(const struct link *port, const struct port_setup *setup)
{
	const struct port_flags wanted = flags_of(setup);

	for (int i = 0; i < PORT_FLAGS; i++) {
		if (port->port_flags[wanted.flags[i].attribute] != wanted.flags[i].value)
			return -EOPNOTSUPP;
	}
	return 0;
}

int netlink_verify_port(struct netlink *netlink, const struct bridge *bridge,
			const struct port_setup *setup)
{
	struct link port;
	int result = setup->is_paired ? netlink_read_running(netlink, setup->ifindex, &port)
				      : netlink_read_link(netlink, setup->ifindex, &port);

	/* One look for all of it: what was true in two different moments never was. */
	if (result == 0 && ((port.flags & IFF_UP) == 0 || port.master != bridge->ifindex))
		return -ESTALE;
	if (result == 0)
		result = verify_flags(&port, setup);
	/* The port's VLAN means something only as long as the bridge keeps VLANs apart. */
	if (result == 0 && setup->vlan != 0)
		result = netlink_check_vlans(netlink, bridge);
	return result == 0 ? netlink_check_name(netlink, bridge->ifindex, bridge->name) : result;
}
