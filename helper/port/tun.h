/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * TAP interfaces on open /dev/net/tun descriptors.
 */
#ifndef VMGRANT_HELPER_PORT_TUN_H
#define VMGRANT_HELPER_PORT_TUN_H

#include <sys/types.h>

#include "wire/orders/orders.h"
#include "wire/port/port-name.h"

/*
 * Make a TAP of this name, one queue for each descriptor, owned by a user. It is
 * down and not persistent. A TAP belongs to the network namespace in which its
 * descriptors were opened, and needs CAP_NET_ADMIN over that one.
 *
 * fds   borrowed; on failure some may be attached, and closing them undoes it
 * name  -EBUSY if an interface of it exists
 * port_flags  of these, ORDER_PORT_VNET_HEADER counts, where the kernel has it
 *
 * The owner is set before there is a second queue: without one, any local user
 * who may open /dev/net/tun attaches a queue by the name. More than one queue is
 * therefore only for namespaces that nobody else is in.
 * Returns 0 or a negative errno.
 */
int tun_make(const int *fds, unsigned queues, const char *name,
	     unsigned port_flags, uid_t owner);

#endif
