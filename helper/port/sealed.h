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
#include "helper/port/port-spec.h"

/*
 * Make one, completely set up and up.
 *
 * outer     connection to the namespace of the bridge, that can raise ORDER_RIGHT_PORTS
 * builders  who builds in the port's own namespace
 *
 * No capability must be raised: the connection raises it for the changes to the caller's
 * namespace. The inner one is built by
 * a process that holds no capability over the caller's (inside/builder.h). Returns 0 or a negative errno.
 */
int sealed_port_make(struct netlink *outer, struct builders *builders, struct port_spec *spec,
		     struct port_made *made_out);

#endif
