/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Frames handed from one interface to another by the kernel's traffic control. */
#include "inside/tc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <string.h>

#include "helper/port/netlink-internal.h"

/* The ingress qdisc has one handle, and filters hang below it. */
#define INGRESS_HANDLE TC_H_MAKE(0xffff0000u, 0u)

/* Filters are asked in this order, and the first that matches acts. */
enum filter_priority { PRIORITY_KEEP = 1, PRIORITY_REDIRECT };

static int add_qdisc(struct netlink *netlink, const struct tcmsg *header, const char *kind)
{
	netlink_begin(netlink, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, header, sizeof *header);
	netlink_put_text(netlink, TCA_KIND, kind);
	return netlink_transact(netlink);
}

static int add_ingress(struct netlink *netlink, unsigned ifindex)
{
	const struct tcmsg header = {
		.tcm_family = AF_UNSPEC,
		.tcm_ifindex = (int)ifindex,
		.tcm_handle = INGRESS_HANDLE,
		.tcm_parent = TC_H_INGRESS,
	};

	return add_qdisc(netlink, &header, "ingress");
}

int tc_send_unqueued(struct netlink *netlink, unsigned ifindex)
{
	const struct tcmsg header = {
		.tcm_family = AF_UNSPEC,
		.tcm_ifindex = (int)ifindex,
		.tcm_parent = TC_H_ROOT,
	};

	return add_qdisc(netlink, &header, "noqueue");
}

/* The list of actions, which is one: take the frame and send it out of ifindex. */
static void put_redirect(struct netlink *netlink, unsigned ifindex)
{
	const struct tc_mirred redirect = {
		.action = TC_ACT_STOLEN,
		.eaction = TCA_EGRESS_REDIR,
		.ifindex = ifindex,
	};

	netlink_nest(netlink, TCA_U32_ACT);
	netlink_nest(netlink, 1);
	netlink_put_text(netlink, TCA_ACT_KIND, "mirred");
	netlink_nest(netlink, TCA_ACT_OPTIONS);
	netlink_put(netlink, TCA_MIRRED_PARMS, &redirect, sizeof redirect);
	netlink_end(netlink);
	netlink_end(netlink);
	netlink_end(netlink);
}

/* A filter takes the frames that match all of its keys. */
struct filter {
	enum filter_priority priority;
	unsigned to_ifindex; /* 0: leave them where they are */
	unsigned char key_count;
	struct tc_u32_key keys[2];
};

static int add_filter(struct netlink *netlink, unsigned ifindex, const struct filter *filter)
{
	const struct tcmsg header = {
		.tcm_family = AF_UNSPEC,
		.tcm_ifindex = (int)ifindex,
		.tcm_parent = INGRESS_HANDLE,
		.tcm_info = TC_H_MAKE((unsigned)filter->priority << 16, htons(ETH_P_ALL)),
	};
	const struct tc_u32_sel head = { .flags = TC_U32_TERMINAL, .nkeys = filter->key_count };
	const size_t keys_size = filter->key_count * sizeof filter->keys[0];
	unsigned char selector[sizeof head + sizeof filter->keys];

	/* The kernel wants the keys directly behind the head. */
	memcpy(selector, &head, sizeof head);
	memcpy(selector + sizeof head, filter->keys, keys_size);
	netlink_begin(netlink, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof header);
	netlink_put_text(netlink, TCA_KIND, "u32");
	netlink_nest(netlink, TCA_OPTIONS);
	netlink_put(netlink, TCA_U32_SEL, selector, sizeof head + keys_size);
	if (filter->to_ifindex != 0)
		put_redirect(netlink, filter->to_ifindex);
	netlink_end(netlink);
	return netlink_transact(netlink);
}

/*
 * The keys of a frame's source. Offsets count from behind the Ethernet header's 14
 * bytes; a VLAN tag there the kernel has taken out before.
 */
static void match_source(struct filter *filter, const unsigned char mac[6])
{
	filter->key_count = 2;
	filter->keys[0] = (struct tc_u32_key){ .mask = htonl(0xffffffff), .off = -8 };
	filter->keys[1] = (struct tc_u32_key){ .mask = htonl(0xffff0000), .off = -4 };
	memcpy(&filter->keys[0].val, mac, 4);
	memcpy(&filter->keys[1].val, mac + 4, 2);
}

int tc_redirect(struct netlink *netlink, unsigned from_ifindex, unsigned to_ifindex,
		const unsigned char *only_mac)
{
	struct filter passing = { .priority = PRIORITY_REDIRECT, .to_ifindex = to_ifindex };
	int result = add_ingress(netlink, from_ifindex);

	if (only_mac != NULL)
		match_source(&passing, only_mac);
	return result < 0 ? result : add_filter(netlink, from_ifindex, &passing);
}

int tc_keep_bpdu(struct netlink *netlink, unsigned ifindex)
{
	/*
	 * 01:80:c2:00:00:00; 01:00:0c:cc:cc:cc and :cd: CDP, DTP and VTP, and the spanning tree of
	 * each VLAN (PVST+). The bytes that tell most come first: hardly another frame gets to
	 * the second key.
	 */
	const struct tc_u32_key groups[2][2] = {
		{ { .mask = htonl(0xffffffff), .val = htonl(0xc2000000), .off = -12 },
		  { .mask = htonl(0x0000ffff), .val = htonl(0x00000180), .off = -16 } },
		{ { .mask = htonl(0xfffffffe), .val = htonl(0x0ccccccc), .off = -12 },
		  { .mask = htonl(0x0000ffff), .val = htonl(0x00000100), .off = -16 } },
	};
	int result = 0;

	for (int i = 0; i < 2 && result == 0; i++) {
		struct filter filter = { .priority = PRIORITY_KEEP, .key_count = 2 };

		memcpy(filter.keys, groups[i], sizeof filter.keys);
		result = add_filter(netlink, ifindex, &filter);
	}
	return result;
}
