/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The sealed port: a TAP whose holder can change nothing outside of it.
 *
 *     fds -- TAP -- tc -- veth ............ veth -- bridge
 *            a namespace of its own         the caller's namespace
 *
 * The holder of a TAP's fd may change its MAC and make it persistent. Here both
 * stay in a network namespace that nobody is in and that lives as long as the
 * fds: when the last one closes, the kernel removes TAP, veth and bridge port.
 */
#ifndef VMGRANT_HELPER_PORT_SEALED_H
#define VMGRANT_HELPER_PORT_SEALED_H

#include "helper/port/netlink.h"
#include "helper/port/netns.h"
#include "helper/port/port-name.h"
#include "helper/port/port-spec.h"

struct sealed_port {
	int fds[NETNS_QUEUES_MAX]; /* one a queue, close-on-exec */
	unsigned queues;
	unsigned ifindex; /* the port, in the caller's namespace */
	char name[PORT_NAME_SIZE];
	enum order_port_step failed_step; /* of a negative result */
};

/*
 * Make one, completely set up and up.
 *
 * outer      connection to the namespace of the bridge, opened with CAP_NET_ADMIN
 * namespace  begun by netns_start() with the spec's queues; still to be closed
 * port_out   the fds are the caller's; on failure there are none
 *
 * No capability must be raised: CAP_NET_ADMIN, which must be permitted, is
 * raised here around the calls that change the caller's namespace, and not for
 * the inner one. Returns 0 or a negative errno.
 */
int sealed_port_make(struct netlink *outer, const struct bridge *bridge,
		     const struct port_spec *spec, struct netns *namespace,
		     struct sealed_port *port_out);

#endif
