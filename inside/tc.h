/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Frames handed from one interface to another by the kernel's traffic control. */
#ifndef VMGRANT_INSIDE_TC_H
#define VMGRANT_INSIDE_TC_H

#include "helper/port/netlink.h"

/*
 * Send every frame that arrives at one interface out of the other, of the same
 * network namespace, as it is: offload metadata stays with it, no protocol of
 * this namespace sees it.
 *
 * An ingress qdisc, a u32 filter that matches all, the action mirred. That is
 * what every kernel since 2.6 has; matchall would be no faster. The filter has
 * no key at all, because a key would be looked up in the frame.
 *
 * only_mac, unless it is NULL, is the one address whose frames are sent on; those of
 * others stay in this namespace, where nobody looks at them. It stands in front of
 * what the bridge is told of that address, and holds when the bridge has forgotten it.
 *
 * Needs CAP_NET_ADMIN over the namespace of netlink. Returns 0, or -ENOENT if
 * the kernel lacks one of the three.
 */
int tc_redirect(struct netlink *netlink, unsigned from_ifindex, unsigned to_ifindex,
		const unsigned char *only_mac);

/*
 * Except frames of the spanning tree protocol, to 01:80:c2:00:00:00, from what
 * tc_redirect() sends on from an interface: they stay in this namespace, where
 * nobody looks at them. A Linux bridge that does not run that protocol passes them on
 * to the network outside, where a switch may shut the port of the whole host. The same
 * for the groups of Cisco's switches, which no bridge keeps back.
 *
 * More u32 filters, before the first one and without an action. After tc_redirect().
 */
int tc_keep_bpdu(struct netlink *netlink, unsigned ifindex);

/*
 * Let an interface that is not up yet send without a queue in front of it.
 *
 * A TAP never asks its sender to wait: it takes a frame into its own ring, or
 * drops it. The default queue is always empty there, but a multi-queue TAP has
 * 256 of them, which are megabytes and milliseconds.
 *
 * Needs CAP_NET_ADMIN over the namespace of netlink. Returns 0 or a negative errno.
 */
int tc_send_unqueued(struct netlink *netlink, unsigned ifindex);

#endif
