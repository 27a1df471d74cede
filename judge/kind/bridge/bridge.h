/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Perform a granted request for a TAP on a bridge.
 */
#ifndef VMGRANT_JUDGE_KIND_BRIDGE_BRIDGE_H
#define VMGRANT_JUDGE_KIND_BRIDGE_BRIDGE_H

#include "judge/authorise.h"
#include "helper/port/netlink.h"
#include "helper/port/port-name.h"
#include "wire/refusal.h"
#include "wire/fd-pass.h"

/* What was made. Zeroed: nothing. */
struct tap_port {
	int fds[FD_PASS_MAX]; /* one a queue, then the vhost-net ones */
	unsigned queue_count, vhost_count;
	unsigned flags; /* enum protocol_port_flag */
	unsigned mtu_bytes;
	unsigned vlan; /* 0: none */
	char port_name[PORT_NAME_SIZE]; /* the interface on the bridge */
	char tap_name[PORT_NAME_SIZE];  /* the TAP, perhaps in a namespace of its own */
};

/* What a TAP on a bridge would be given. */
struct tap_offer {
	unsigned flags; /* enum protocol_port_flag */
	unsigned mtu_bytes;
	unsigned queues;
	unsigned quota, quota_used;
	unsigned vlan;
};

/*
 * Make the TAP, make it a port of the bridge, bring it up.
 *
 * netlink   the connection of earlier requests of this process, or NULL: it is opened
 *           here and kept for the next one, except after a refusal, which may have
 *           left an answer in it
 * port_out  its fds are not persistent TAPs: closing the last duplicate removes
 *           interface and port. The caller owns them, see tap_close(). On a
 *           refusal nothing is left behind.
 *
 * Needs PRIVILEGE_NET_ADMIN and PRIVILEGE_OPEN permitted; raises each around
 * the call that needs it.
 */
enum reply_code tap_make(const struct grant *grant, struct netlink **netlink,
			 struct tap_port *port_out, struct refusal *why);

/* Close this process's fds of a port; what was sent lives on with its receiver. */
void tap_close(struct tap_port *port);

/* Say what tap_make() would give, without making anything. Needs no privilege. */
enum reply_code tap_offer(const struct grant *grant, struct tap_offer *offer_out,
			  struct refusal *why);

#endif
