/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A port on a bridge, as an order wants it: looked up, made, recorded by whoever asked.
 */
#ifndef VMGRANT_HELPER_PORT_PORT_H
#define VMGRANT_HELPER_PORT_PORT_H

#include <sys/types.h>

#include "helper/port/netlink.h"
#include "wire/fd-pass.h"
#include "wire/orders.h"

/* What ports are made with. netlink is opened by the first use. */
struct port_maker {
	struct netlink *netlink; /* NULL: not open */
	int tun_fd;              /* /dev/net/tun opened before privileges shrank, or -1 */
	uid_t owner;             /* always the caller's */
};

/*
 * Look a bridge up. Changes nothing. Returns 0 or a negative errno: -ENODEV, -ENOTSUP if
 * the interface is no bridge.
 */
int port_look(struct port_maker *maker, const struct order_bridge *order,
	      struct answer_bridge *answer_out);

/*
 * Make the TAP, make it a port of the bridge, bring it up.
 *
 * fds_out   one a queue, then the vhost-net ones, as many as the answer says. They are
 *           not persistent TAPs: closing the last duplicate removes interface and port
 * step_out  on a failure, where
 *
 * The bridge must still have the index and the name that it was judged by (-ESTALE).
 * Raises rights around each call that needs one. Returns 0 or a negative errno; then
 * nothing is left.
 */
int port_make(struct port_maker *maker, const struct order_port *order, int fds_out[FD_PASS_MAX],
	      struct answer_port *answer_out, enum order_port_step *step_out);

/* What the kernel said with the last error, escaped; "" if nothing. */
const char *port_explanation(const struct port_maker *maker);

/* After a refusal: an answer may still lie in the connection. */
void port_forget(struct port_maker *maker);

#endif
