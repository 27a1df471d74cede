/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A bridge as it is, and the ports that one user has on it. Reading takes no privilege; the
 * kernel answers over a socket that is opened before the sandbox, in which none can be made.
 */
#ifndef VMGRANT_JUDGE_KIND_BRIDGE_LINKS_H
#define VMGRANT_JUDGE_KIND_BRIDGE_LINKS_H

#include <stdint.h>
#include <sys/types.h>

#include "wire/port/slots.h"

struct links {
	int fd; /* NETLINK_ROUTE, or a negative errno: there is none */
	uint32_t sequence;
};

/* What a bridge does with VLANs. */
enum links_vlans {
	LINKS_VLANS_UNKNOWN = 0, /* this kernel's bridges know none */
	LINKS_VLANS_IGNORED,     /* vlan_filtering 0: tags are passed on and mean nothing */
	LINKS_VLANS_KEPT,        /* vlan_filtering 1: kept apart */
};

struct bridge_view {
	unsigned ifindex;
	unsigned mtu_bytes;
	enum links_vlans vlans;
	struct port_slots slots; /* that the user's ports occupy, strays included */
	/* By which numbers the kernel tells the namespaces of the sealed ones. */
	unsigned sealed_count;
	int32_t namespaces[PORT_SLOTS];
};

/* Before the sandbox. What fails is told by links_look(). */
void links_open(struct links *links_out);

/*
 * Returns 0 or a negative errno: -ENODEV if there is no interface of that name, which must
 * be its first one, -ENOTSUP if it is no bridge.
 */
int links_look(struct links *links, const char *bridge, uid_t uid, struct bridge_view *view_out);

/*
 * 1 if one of the sealed ports that were seen is going: nobody holds a file of it any more, and the
 * kernel clears its namespace away in the background. 0 if none is, or a negative errno.
 */
int links_are_going(struct links *links, const struct bridge_view *view);

#endif
