/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What a port of a bridge is limited to: one guest's address, one VLAN. */
#include "helper/port/port-limits.h"

#include <errno.h>
/* First: the kernel's header leaves out what libc has defined. */
#include <netinet/in.h>

#include <linux/if_bridge.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "helper/port/netlink-internal.h"

#define VLAN_LAST 4094

/* ---- the guest's address ---- */

int port_claim_address(struct netlink *netlink, unsigned ifindex, const unsigned char mac[6])
{
	const struct ndmsg header = {
		.ndm_family = AF_BRIDGE,
		.ndm_ifindex = (int)ifindex,
		.ndm_state = NUD_NOARP,
		.ndm_flags = NTF_MASTER | NTF_STICKY,
	};

	/* EXCL: never change an entry that is there, whosever it is. */
	netlink_begin(netlink, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof header);
	netlink_put(netlink, NDA_LLADDR, mac, 6);
	return netlink_transact(netlink);
}

/* ---- the VLAN ---- */

/* type is RTM_SETLINK to enter VLANs, RTM_DELLINK to leave them. */
static int change_vlans(struct netlink *netlink, int type, unsigned ifindex,
			const struct bridge_vlan_info *infos, unsigned count)
{
	const struct ifinfomsg header = { .ifi_family = AF_BRIDGE, .ifi_index = (int)ifindex };

	netlink_begin(netlink, type, 0, &header, sizeof header);
	netlink_nest(netlink, IFLA_AF_SPEC);
	for (unsigned i = 0; i < count; i++)
		netlink_put(netlink, IFLA_BRIDGE_VLAN_INFO, &infos[i], sizeof infos[i]);
	netlink_end(netlink);
	return netlink_transact(netlink);
}

int port_set_vlan(struct netlink *netlink, unsigned ifindex, unsigned vlan)
{
	static const struct bridge_vlan_info all[2] = {
		{ .flags = BRIDGE_VLAN_INFO_RANGE_BEGIN, .vid = 1 },
		{ .flags = BRIDGE_VLAN_INFO_RANGE_END, .vid = VLAN_LAST },
	};
	const struct bridge_vlan_info only = {
		.flags = BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED,
		.vid = (uint16_t)vlan,
	};
	int result = change_vlans(netlink, RTM_DELLINK, ifindex, all, 2);

	return result < 0 ? result : change_vlans(netlink, RTM_SETLINK, ifindex, &only, 1);
}
