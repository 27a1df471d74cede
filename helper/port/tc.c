/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Frames handed from one interface to another by the kernel's traffic control. */
#include "helper/port/tc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>

#include "helper/port/netlink-internal.h"

/* The ingress qdisc has one handle, and filters hang below it. */
#define INGRESS_HANDLE TC_H_MAKE(0xffff0000u, 0u)

/* Filters are asked in this order, and the first that matches acts. */
enum filter_priority { PRIORITY_KEEP = 1, PRIORITY_REDIRECT };

static struct nl_msg *new_tc_message(int type, const struct tcmsg *header)
{
	struct nl_msg *message = nlmsg_alloc_simple(type, NLM_F_CREATE | NLM_F_EXCL);

	if (message != NULL &&
	    nlmsg_append(message, (void *)(uintptr_t)header, sizeof *header, NLMSG_ALIGNTO) < 0) {
		nlmsg_free(message);
		return NULL;
	}
	return message;
}

static int add_qdisc(struct netlink *netlink, const struct tcmsg *header, const char *kind)
{
	struct nl_msg *message = new_tc_message(RTM_NEWQDISC, header);

	if (message == NULL)
		return -ENOMEM;
	if (nla_put_string(message, TCA_KIND, kind) < 0)
		return netlink_discard(message);
	return netlink_transact(netlink, message);
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
static int put_redirect(struct nl_msg *message, unsigned ifindex)
{
	const struct tc_mirred redirect = {
		.action = TC_ACT_STOLEN,
		.eaction = TCA_EGRESS_REDIR,
		.ifindex = ifindex,
	};
	struct nlattr *list = nla_nest_start(message, TCA_U32_ACT), *first, *options;

	if (list == NULL)
		return -1;
	first = nla_nest_start(message, 1);
	if (first == NULL || nla_put_string(message, TCA_ACT_KIND, "mirred") < 0)
		return -1;
	options = nla_nest_start(message, TCA_ACT_OPTIONS);
	if (options == NULL || nla_put(message, TCA_MIRRED_PARMS, sizeof redirect, &redirect) < 0)
		return -1;
	return nla_nest_end(message, options) < 0 || nla_nest_end(message, first) < 0 ||
			       nla_nest_end(message, list) < 0
		       ? -1
		       : 0;
}

/* A filter takes the frames that match all of its keys. */
struct filter {
	enum filter_priority priority;
	unsigned to_ifindex; /* 0: leave them where they are */
	unsigned char key_count;
	struct tc_u32_key keys[2];
};

/* The kernel wants the keys directly behind the head. */
static int put_selector(struct nl_msg *message, const struct filter *filter)
{
	const struct tc_u32_sel head = { .flags = TC_U32_TERMINAL, .nkeys = filter->key_count };
	size_t keys_size = filter->key_count * sizeof filter->keys[0];
	struct nlattr *selector =
		nla_reserve(message, TCA_U32_SEL, (int)(sizeof head + keys_size));

	if (selector == NULL)
		return -1;
	memcpy(nla_data(selector), &head, sizeof head);
	memcpy((char *)nla_data(selector) + sizeof head, filter->keys, keys_size);
	return 0;
}

static int put_filter(struct nl_msg *message, const struct filter *filter)
{
	struct nlattr *options;

	if (nla_put_string(message, TCA_KIND, "u32") < 0)
		return -1;
	options = nla_nest_start(message, TCA_OPTIONS);
	if (options == NULL || put_selector(message, filter) < 0 ||
	    (filter->to_ifindex != 0 && put_redirect(message, filter->to_ifindex) < 0))
		return -1;
	return nla_nest_end(message, options) < 0 ? -1 : 0;
}

static int add_filter(struct netlink *netlink, unsigned ifindex, const struct filter *filter)
{
	const struct tcmsg header = {
		.tcm_family = AF_UNSPEC,
		.tcm_ifindex = (int)ifindex,
		.tcm_parent = INGRESS_HANDLE,
		.tcm_info = TC_H_MAKE((unsigned)filter->priority << 16, htons(ETH_P_ALL)),
	};
	struct nl_msg *message = new_tc_message(RTM_NEWTFILTER, &header);

	if (message == NULL)
		return -ENOMEM;
	if (put_filter(message, filter) < 0)
		return netlink_discard(message);
	return netlink_transact(netlink, message);
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

/* The bytes that tell most come first: hardly another frame gets to the second key. */
int tc_keep_bpdu(struct netlink *netlink, unsigned ifindex)
{
	const struct filter bridge_group = {
		.priority = PRIORITY_KEEP,
		.key_count = 2,
		.keys = { { .mask = htonl(0xffffffff), .val = htonl(0xc2000000), .off = -12 },
			  { .mask = htonl(0x0000ffff), .val = htonl(0x00000180), .off = -16 } },
	};

	/* 01:00:0c:cc:cc:cc and :cd: CDP, DTP and VTP, and the spanning tree of each VLAN (PVST+). */
	const struct filter cisco_groups = {
		.priority = PRIORITY_KEEP,
		.key_count = 2,
		.keys = { { .mask = htonl(0xfffffffe), .val = htonl(0x0ccccccc), .off = -12 },
			  { .mask = htonl(0x0000ffff), .val = htonl(0x00000100), .off = -16 } },
	};
	int result = add_filter(netlink, ifindex, &bridge_group);

	return result < 0 ? result : add_filter(netlink, ifindex, &cisco_groups);
}
