/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Pairs of interfaces between two network namespaces. */
#include "helper/port/veth.h"

#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>

#include "helper/port/netlink-internal.h"

static void put_end(struct netlink *netlink, const char *name, unsigned mtu_bytes,
		    unsigned queues)
{
	netlink_put_text(netlink, IFLA_IFNAME, name);
	netlink_put_u32(netlink, IFLA_MTU, mtu_bytes);
	netlink_put_u32(netlink, IFLA_NUM_TX_QUEUES, queues);
	netlink_put_u32(netlink, IFLA_NUM_RX_QUEUES, queues);
}

/*
 * The peer is a message of its own inside the attribute: header, then attributes. What
 * the kernel holds a frame against is the MTU of the end that it comes out of: with the
 * largest one inside, the outer end alone decides for both ways, and can be changed later.
 */
static void put_peer(struct netlink *netlink, const struct veth_setup *setup)
{
	const struct ifinfomsg header = { .ifi_family = AF_UNSPEC };

	netlink_nest(netlink, VETH_INFO_PEER);
	netlink_append(netlink, &header, sizeof header);
	put_end(netlink, setup->peer_name, ETH_MAX_MTU, setup->queues);
	netlink_put_u32(netlink, IFLA_NET_NS_FD, (uint32_t)setup->namespace_fd);
	netlink_end(netlink);
}

int veth_make(struct netlink *netlink, const struct veth_setup *setup)
{
	netlink_begin_link(netlink, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, 0);
	put_end(netlink, setup->name, setup->mtu_bytes, setup->queues);
	netlink_put(netlink, IFLA_ADDRESS, setup->mac, ETH_ALEN);
	netlink_nest(netlink, IFLA_LINKINFO);
	netlink_put_text(netlink, IFLA_INFO_KIND, "veth");
	netlink_nest(netlink, IFLA_INFO_DATA);
	put_peer(netlink, setup);
	netlink_end(netlink);
	netlink_end(netlink);
	return netlink_transact(netlink);
}

int veth_remove(struct netlink *netlink, unsigned ifindex)
{
	netlink_begin_link(netlink, RTM_DELLINK, 0, ifindex, 0);
	return netlink_transact(netlink);
}
