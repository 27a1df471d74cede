/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A port on a bridge, as an order wants it.
 */
#ifndef VMGRANT_HELPER_PORT_PORT_H
#define VMGRANT_HELPER_PORT_PORT_H

#include <sys/types.h>

#include "helper/port/netlink.h"
#include "helper/port/netns.h"
#include "wire/orders/orders.h"
#include "wire/process/fd-pass.h"

/* What ports are made with. netlink is opened by the first use. */
struct port_maker {
	struct netlink *netlink; /* NULL: not open */
	int tun_fd;              /* /dev/net/tun opened before privileges shrank, or -1 */
	uid_t owner;             /* always the caller's */
	struct builders builders; /* of sealed ones */
};

/*
 * Open the connection now, when there is nothing else to do; port_make() does it otherwise.
 * Returns 0 or a negative errno.
 */
int port_open(struct port_maker *maker);

/*
 * Make the TAP, make it a port of the bridge, bring it up.
 *
 * files_out  one a queue, then the vhost-net ones, as many as the answer says. They are
 *           not persistent TAPs: closing the last duplicate removes interface and port
 * step_out  on a failure, where
 *
 * The bridge is the one that has the name now: -ENODEV, -ENOTSUP if the interface is no
 * bridge, -ESTALE if it changes meanwhile.
 * Raises rights around each call that needs one. Returns 0 or a negative errno; then
 * nothing is left.
 */
int port_make(struct port_maker *maker, const struct order_port *order, struct fd_list *files_out,
	      struct answer_port *answer_out, enum order_port_step *step_out);

/* What the kernel said with the last error, escaped; "" if nothing. */
const char *port_explanation(const struct port_maker *maker);

/* After a refusal: an answer may still lie in the connection. */
void port_forget(struct port_maker *maker);

#endif
