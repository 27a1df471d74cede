/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The direct port: the TAP itself is a port of the bridge.
 *
 * Faster to make than a sealed one, and what qemu-bridge-helper makes: its
 * holder can change its MAC and make it persistent. For rules that say
 * port=direct, for rules imported from qemu, and for drop-in requests.
 */
#ifndef VMGRANT_HELPER_PORT_DIRECT_H
#define VMGRANT_HELPER_PORT_DIRECT_H

#include "helper/port/netlink.h"
#include "helper/port/port-spec.h"

/*
 * Make one, completely set up and up.
 *
 * netlink  that can raise ORDER_RIGHT_PORTS
 * tun_fd   /dev/net/tun, consumed; -1: it is opened here
 * spec     of one queue. Between the first queue of a TAP and its owner any local
 *          user may attach another one by the name, and make himself the owner:
 *          only a namespace of its own closes that, see sealed.h
 *
 * Raises ORDER_RIGHT_NODES and ORDER_RIGHT_PORTS itself around the calls that need them.
 * Returns 0 or a negative errno, -EINVAL for more than one queue.
 */
int direct_port_make(struct netlink *netlink, int tun_fd, struct port_spec *spec,
		     struct port_made *made_out);

#endif
