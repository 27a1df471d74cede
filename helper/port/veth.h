/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Pairs of interfaces between two network namespaces. */
#ifndef VMGRANT_HELPER_PORT_VETH_H
#define VMGRANT_HELPER_PORT_VETH_H

#include "helper/port/netlink.h"

struct veth_setup {
	const char *name;       /* of the end in the namespace of the connection */
	/*
	 * Its address, 6 bytes. udev gives an address of its own to an interface that comes
	 * without one, and may do so after somebody else has set one.
	 */
	const unsigned char *mac;
	unsigned mtu_bytes;     /* of that end; the other one takes any size */
	unsigned queues;        /* both ends, both directions */
	int namespace_fd;       /* where the other end goes; borrowed */
	const char *peer_name;
};

/*
 * Make a pair. Both ends are down. Needs CAP_NET_ADMIN over both namespaces. Returns 0, or -EEXIST if the name is taken.
 */
int veth_make(struct netlink *netlink, const struct veth_setup *setup);

/* Remove a pair by its near end, without waiting for the other namespace to end. */
int veth_remove(struct netlink *netlink, unsigned ifindex);

#endif
