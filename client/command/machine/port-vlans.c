/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The VLANs of a bridge's port. */
#include "client/command/machine/port-vlans.h"

/* First: the kernel's header leaves out what libc has defined. */
#include <netinet/in.h>

#include <linux/if_bridge.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/handlers.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sys/socket.h>

struct query {
	unsigned ifindex, vlan;
	unsigned right, wrong; /* entries that should be there, and others */
};

static void judge_entry(struct nlattr *entry, struct query *query)
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
	struct query *query = context;
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

/* Returns a negative number where the kernel cannot be asked. */
static int ask(struct nl_sock *route, struct query *query)
{
	struct br_vlan_msg header = { .family = AF_BRIDGE, .ifindex = query->ifindex };

	if (nl_connect(route, NETLINK_ROUTE) < 0 ||
	    nl_socket_modify_cb(route, NL_CB_VALID, NL_CB_CUSTOM, on_vlans, query) < 0 ||
	    nl_send_simple(route, RTM_GETVLAN, NLM_F_DUMP, &header, sizeof header) < 0)
		return -1;
	return nl_recvmsgs_default(route);
}

int port_vlans_are(unsigned ifindex, unsigned vlan)
{
	struct query query = { .ifindex = ifindex, .vlan = vlan };
	struct nl_sock *route = nl_socket_alloc();
	int result = route != NULL ? ask(route, &query) : -1;

	nl_socket_free(route);
	return result >= 0 && query.right == 1 && query.wrong == 0;
}
