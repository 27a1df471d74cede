/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Policy files that are opened as the caller, so that their modes decide for whom they
 * speak: one component of a path at a time, for the judge, who looks whether root
 * alone can have written it.
 *
 * A thread takes the steps. The kernel keeps credentials for each thread: this one has the
 * caller's supplementary groups and file access, and no capability; the rest of the helper
 * has no group of the caller's, and needs none of CAP_SETGID to get rid of them in its
 * children. It does nothing else, and waits in between.
 *
 * The service cannot become its client, and has no thread: its judge opens by itself what
 * everyone may read.
 */
#ifndef VMGRANT_HELPER_WALK_H
#define VMGRANT_HELPER_WALK_H

#include <semaphore.h>

#include "helper/account.h"
#include "wire/orders/orders.h"

struct walk {
	sem_t asked, answered;
	const struct account *account; /* NULL: there is no thread */
	struct order_walk order;
	int result; /* of the last step, or of the start: an fd or -errno */
	int folder; /* O_PATH, the last one on the way; -1: none yet */
};

/*
 * Start the thread. Full privilege, before privileges_shrink(). The pointers must live as
 * long as the process. Returns 0 or -errno.
 */
int walk_start(struct walk *walk, const struct account *account);

/*
 * Wait until it has given up all privilege. Once, before there is a judge. Returns 0 or -errno,
 * -EINVAL if this user namespace does not map the account.
 */
int walk_wait(struct walk *walk);

/*
 * One step. Returns an fd that the caller of this function closes after it was sent, or
 * -errno, which is -EPERM without a thread. What ORDER_STEP_OPEN opens is a regular file and open for reading.
 */
int walk_step(struct walk *walk, const struct order_walk *order);

#endif
