/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A network namespace of a port's own, by the process of inside/builder.h, which makes it and
 * builds in it.
 */
#ifndef VMGRANT_HELPER_PORT_NETNS_H
#define VMGRANT_HELPER_PORT_NETNS_H

#include <sys/types.h>

#include "helper/account.h"
#include "helper/port/maker.h"
#include "wire/orders/orders.h"
#include "wire/process/fd-pass.h"

/* What builders are started by: the process that can make namespaces, or a fork as the account. */
struct builders {
	const struct account *account;
	struct maker maker;
	pid_t done; /* a fork whose port is made, and that nobody has reaped; 0: none */
};

struct netns {
	struct builders *builders; /* borrowed */
	pid_t child; /* 0: none of this process's own */
	int channel; /* to it */
	struct fd_list files; /* enum builder_file; the caller's */
};

/*
 * Start the process and wait for the namespace and its files, a few seconds at most.
 *
 * order       of it count queues, flags and address
 * failed_out  on failure, where
 *
 * No capability must be raised. Returns 0 or a negative errno, see builder_run(). In any case
 * netns_close() follows.
 */
int netns_start(struct builders *builders, const struct order_port *order, struct netns *netns_out,
		enum order_port_step *failed_out);

/* Let it go on. That it has ended is told by netns_finish(). */
void netns_go_on(const struct netns *netns);

/* Wait until all is built, a few seconds at most. Returns 0 or a negative errno. */
int netns_finish(struct netns *netns);

/* End the process if it has not finished, and close what is in files. */
void netns_close(struct netns *netns);

/*
 * Reap the process that finished last, when nobody waits for an answer: the kernel may not have
 * taken it apart yet.
 */
void netns_reap(struct builders *builders);

#endif
