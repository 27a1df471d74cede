/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Pairs of interfaces between two network namespaces, and their inner ends. */
#include "helper/port/veth.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <sys/socket.h>

#include "helper/port/netlink-internal.h"

static int put_end(struct nl_msg *message, const char *name, unsigned mtu_bytes,
		   const struct veth_setup *setup)
{
	if (nla_put_string(message, IFLA_IFNAME, name) < 0 ||
	    nla_put_u32(message, IFLA_MTU, mtu_bytes) < 0 ||
	    nla_put_u32(message, IFLA_NUM_TX_QUEUES, setup->queues) < 0 ||
	    nla_put_u32(message, IFLA_NUM_RX_QUEUES, setup->queues) < 0)
		return -1;
	return 0;
}

/*
 * The peer is a message of its own inside the attribute: header, then attributes. What
 * the kernel holds a frame against is the MTU of the end that it comes out of: with the
 * largest one inside, the outer end alone decides for both ways, and can be changed later.
 */
static int put_peer(struct nl_msg *message, const struct veth_setup *setup)
{
	struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	struct nlattr *peer = nla_nest_start(message, VETH_INFO_PEER);

	if (peer == NULL || nlmsg_append(message, &header, sizeof header, NLMSG_ALIGNTO) < 0 ||
	    put_end(message, setup->peer_name, ETH_MAX_MTU, setup) < 0 ||
	    nla_put_u32(message, IFLA_NET_NS_FD, (uint32_t)setup->namespace_fd) < 0)
		return -1;
	return nla_nest_end(message, peer) < 0 ? -1 : 0;
}

static int put_pair(struct nl_msg *message, const struct veth_setup *setup)
{
	struct nlattr *info, *data;

	if (put_end(message, setup->name, setup->mtu_bytes, setup) < 0 ||
	    nla_put(message, IFLA_ADDRESS, ETH_ALEN, setup->mac) < 0)
		return -1;
	info = nla_nest_start(message, IFLA_LINKINFO);
	if (info == NULL || nla_put_string(message, IFLA_INFO_KIND, "veth") < 0)
		return -1;
	data = nla_nest_start(message, IFLA_INFO_DATA);
	if (data == NULL || put_peer(message, setup) < 0)
		return -1;
	return nla_nest_end(message, data) < 0 || nla_nest_end(message, info) < 0 ? -1 : 0;
}

int veth_make(struct netlink *netlink, const struct veth_setup *setup)
{
	struct nl_msg *message =
		netlink_link_message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, 0);

	if (message == NULL)
		return -ENOMEM;
	if (put_pair(message, setup) < 0)
		return netlink_discard(message);
	return netlink_transact(netlink, message);
}

int veth_remove(struct netlink *netlink, unsigned ifindex)
{
	struct nl_msg *message = netlink_link_message(RTM_DELLINK, 0, ifindex, 0);

	return message == NULL ? -ENOMEM : netlink_transact(netlink, message);
}

int veth_silence(struct netlink *netlink, unsigned ifindex)
{
	struct nl_msg *message = netlink_link_message(RTM_NEWLINK, 0, ifindex, 0);
	int result;

	if (message == NULL)
		return -ENOMEM;
	if (netlink_put_no_address(message) < 0)
		return netlink_discard(message);
	result = netlink_transact(netlink, message);
	/* A kernel without IPv6 has nothing to keep quiet. */
	return result == -EAFNOSUPPORT ? 0 : result;
}

int veth_bring_up(struct netlink *netlink, unsigned ifindex)
{
	struct nl_msg *message = netlink_link_message(RTM_NEWLINK, 0, ifindex, IFF_UP);

	return message == NULL ? -ENOMEM : netlink_transact(netlink, message);
}
