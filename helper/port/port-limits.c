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
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>

#include "helper/port/netlink-internal.h"

/* ---- the guest's address ---- */

int port_claim_address(struct netlink *netlink, unsigned ifindex, const unsigned char mac[6])
{
	struct ndmsg header = {
		.ndm_family = AF_BRIDGE,
		.ndm_ifindex = (int)ifindex,
		.ndm_state = NUD_NOARP,
		.ndm_flags = NTF_MASTER | NTF_STICKY,
	};
	/* EXCL: never change an entry that is there, whosever it is. */
	struct nl_msg *message = nlmsg_alloc_simple(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_EXCL);

	if (message == NULL)
		return -ENOMEM;
	if (nlmsg_append(message, &header, sizeof header, NLMSG_ALIGNTO) < 0 ||
	    nla_put(message, NDA_LLADDR, 6, mac) < 0)
		return netlink_discard(message);
	return netlink_transact(netlink, message);
}

/* ---- the VLAN ---- */

/* type is RTM_SETLINK to enter one, RTM_DELLINK to leave it. */
static int change_vlan(struct netlink *netlink, int type, unsigned ifindex,
		       const struct bridge_vlan_info *info)
{
	struct ifinfomsg header = { .ifi_family = AF_BRIDGE, .ifi_index = (int)ifindex };
	struct nl_msg *message = nlmsg_alloc_simple(type, 0);
	struct nlattr *list;

	if (message == NULL)
		return -ENOMEM;
	if (nlmsg_append(message, &header, sizeof header, NLMSG_ALIGNTO) < 0)
		return netlink_discard(message);
	list = nla_nest_start(message, IFLA_AF_SPEC);
	if (list == NULL || nla_put(message, IFLA_BRIDGE_VLAN_INFO, sizeof *info, info) < 0 ||
	    nla_nest_end(message, list) < 0)
		return netlink_discard(message);
	return netlink_transact(netlink, message);
}

int port_set_vlan(struct netlink *netlink, const struct bridge *bridge, unsigned ifindex,
		  unsigned vlan)
{
	const struct bridge_vlan_info first = { .vid = (uint16_t)bridge->default_vlan };
	const struct bridge_vlan_info only = {
		.flags = BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED,
		.vid = (uint16_t)vlan,
	};
	int result = 0;

	if (bridge->default_vlan != 0 && bridge->default_vlan != vlan)
		result = change_vlan(netlink, RTM_DELLINK, ifindex, &first);
	return result < 0 ? result : change_vlan(netlink, RTM_SETLINK, ifindex, &only);
}

struct vlan_query {
	unsigned ifindex, vlan;
	unsigned right, wrong; /* entries that should be there, and others */
};

static void judge_entry(struct nlattr *entry, struct vlan_query *query)
{
	const unsigned wanted = BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED;
	struct nlattr *attributes[BRIDGE_VLANDB_ENTRY_MAX + 1];
	struct bridge_vlan_info info = { 0 };

	if (nla_parse_nested(attributes, BRIDGE_VLANDB_ENTRY_MAX, entry, NULL) == 0 &&
	    attributes[BRIDGE_VLANDB_ENTRY_INFO] != NULL)
		(void)nla_memcpy(&info, attributes[BRIDGE_VLANDB_ENTRY_INFO], sizeof info);
	if (info.vid == query->vlan && (info.flags & wanted) == wanted &&
	    attributes[BRIDGE_VLANDB_ENTRY_RANGE] == NULL)
		query->right++;
	else
		query->wrong++;
}

static int on_vlans(struct nl_msg *message, void *context)
{
	struct vlan_query *query = context;
	const struct br_vlan_msg *header = nlmsg_data(nlmsg_hdr(message));
	struct nlattr *entry;
	int left;

	if (nlmsg_hdr(message)->nlmsg_type != RTM_NEWVLAN ||
	    !nlmsg_valid_hdr(nlmsg_hdr(message), sizeof *header) ||
	    header->ifindex != query->ifindex)
		return NL_SKIP;
	nlmsg_for_each_attr(entry, nlmsg_hdr(message), sizeof *header, left) {
		if (nla_type(entry) == BRIDGE_VLANDB_ENTRY)
			judge_entry(entry, query);
	}
	return NL_OK;
}

int port_verify_vlan(struct netlink *netlink, unsigned ifindex, unsigned vlan)
{
	struct br_vlan_msg header = { .family = AF_BRIDGE, .ifindex = ifindex };
	struct vlan_query query = { .ifindex = ifindex, .vlan = vlan };
	struct nl_msg *message = nlmsg_alloc_simple(RTM_GETVLAN, NLM_F_DUMP);
	int result;

	if (message == NULL)
		return -ENOMEM;
	if (nlmsg_append(message, &header, sizeof header, NLMSG_ALIGNTO) < 0 ||
	    nl_cb_set(netlink->callbacks, NL_CB_VALID, NL_CB_CUSTOM, on_vlans, &query) < 0)
		return netlink_discard(message);
	result = netlink_transact(netlink, message);
	if (result < 0)
		return result;
	return query.right == 1 && query.wrong == 0 ? 0 : -ESTALE;
}
