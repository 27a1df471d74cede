/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What a port is to be like, whichever of the two kinds is made, and what came of it. Pure
 * data.
 */
#ifndef VMGRANT_HELPER_PORT_PORT_SPEC_H
#define VMGRANT_HELPER_PORT_PORT_SPEC_H

#include <sys/types.h>

#include "helper/port/netlink.h"
#include "wire/orders/orders.h"
#include "wire/port/port-alias.h"

struct port_spec {
	const struct order_port *order; /* queues, flags, and which names may be tried */
	uid_t owner;          /* of the TAP; also in the name */
	struct bridge bridge; /* as it was found */
	char alias[PORT_ALIAS_SIZE];
	struct port_setup setup; /* ifindex is filled in when the port exists */
};

struct port_made {
	int fds[ORDER_QUEUES_MAX]; /* of its queues, close-on-exec; none after a failure */
	char name[ORDER_BRIDGE_SIZE];
	enum order_port_step step; /* where it failed */
};

#endif
