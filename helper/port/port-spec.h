/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What a port is to be like, whichever of the two kinds is made. Pure data.
 */
#ifndef VMGRANT_HELPER_PORT_PORT_SPEC_H
#define VMGRANT_HELPER_PORT_PORT_SPEC_H

#include <sys/types.h>

#include "helper/port/netlink.h"
#include "wire/orders.h"

struct port_spec {
	uid_t owner; /* of the TAP; also in the name */
	unsigned queues; /* 1 to ORDER_QUEUES_MAX */
	unsigned flags;  /* enum order_port_flag */
	unsigned slot_first, slot_count; /* which names may be tried */
	struct port_setup setup; /* of the port; ifindex is filled in when it exists */
};

#endif
