/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A network namespace that no process is in and nobody can enter.
 *
 * A forked child unshares a user namespace together with the network namespace,
 * which needs no privilege, opens in it what is wanted, hands that over and
 * ends. This process needs no capability to work through these fds: the kernel
 * gives whoever has the effective uid that made a user namespace, and sits in
 * the one above it, every capability over it (cap_capable()). Nobody else has
 * one there but root: no uid is mapped into it. So the caller of the helper,
 * whose effective uid is another, can do with a TAP from it only what any holder
 * of a TAP's fd can do.
 */
#ifndef VMGRANT_HELPER_PORT_NETNS_H
#define VMGRANT_HELPER_PORT_NETNS_H

#include <sys/types.h>

#include "wire/orders.h"

#define NETNS_QUEUES_MAX 32u

/* The namespace lives as long as one of these is open somewhere. */
struct netns {
	int namespace_fd;
	int netlink_fd; /* NETLINK_ROUTE, bound */
	int tun_fds[NETNS_QUEUES_MAX]; /* /dev/net/tun, no interface yet */
	unsigned queues;
	pid_t child; /* 0: none */
	int channel; /* to the child */
};

/*
 * Begin to make one, with that many open /dev/net/tun. The kernel needs most of a
 * millisecond for it, on another processor where there is one.
 *
 * queues         1 to NETNS_QUEUES_MAX
 * namespace_out  for netns_finish(), and in any case for netns_close()
 *
 * No capability must be raised. Returns 0 or a negative errno: no child is there.
 */
int netns_start(unsigned queues, struct netns *namespace_out);

/*
 * Take over what the child has made; its fds are close-on-exec.
 *
 * failed_out  on failure, where
 *
 * No capability must be raised. Waits a few seconds at most, for the child.
 * Returns 0 or a negative errno; from ORDER_PORT_NAMESPACE -ENOSPC where user
 * namespaces are switched off (sysctl user.max_user_namespaces) or used up,
 * -EPERM where a distribution or a container forbids them, -EINVAL where the
 * kernel has none; from ORDER_PORT_OPEN_TUN -EACCES where /dev/net/tun is closed to
 * the service account: privileges here do not reach into the initial namespace.
 */
int netns_finish(struct netns *namespace, enum order_port_step *failed_out);

/*
 * Close what is still open, end the child and wait for it: after netns_finish() it has
 * long ended by itself. Entries that were handed on are -1.
 */
void netns_close(struct netns *namespace);

#endif
