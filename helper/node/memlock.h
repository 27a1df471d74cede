/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The limit on locked memory of the process that asks: a guest whose memory a
 * device writes to cannot be swapped out.
 *
 * Raised for nobody but the process that made the request socket, never lowered.
 *
 * A limit is set by process number, and a number can pass on to somebody else's
 * process. A pidfd keeps the process; a signal 0 to it is the kernel's word that it
 * has its number still, and that it runs with the caller's real or saved uid. It is
 * asked right before and after the number is used. The caller could stop the helper
 * between the two: a timer ends a helper that was stopped, before it goes on.
 */
#ifndef VMGRANT_HELPER_NODE_MEMLOCK_H
#define VMGRANT_HELPER_NODE_MEMLOCK_H

#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "helper/time-limit.h"
#include "wire/orders/orders.h"
#include "wire/process/door.h"

/* Zeroed: nothing was raised. */
struct memlock {
	int is_raised;
	int is_sure; /* 1: the service's client, as the kernel knew it when it connected */
	int pidfd; /* of the process, only with is_raised or between look and raise */
	pid_t pid;
	struct rlimit before, after; /* the same */
};

/*
 * Who is at the other end of the door, and has he less than wanted_bytes? Reads with
 * ORDER_RIGHT_LIMITS raised, where there is that right.
 *
 * answer_out  the limit and the process, as far as they are known, also on a failure
 * Returns 1 if memlock_raise() has something to do, 0 if not, -ESRCH if the process has
 * ended or is not the caller's any more, -EPERM if that takes CAP_SYS_RESOURCE and it is
 * not there, which may also keep the limit from being told, or another -errno.
 */
int memlock_look(struct memlock *memlock, const struct door *door, uint64_t wanted_bytes,
		 struct answer_memlock *answer_out);

/*
 * Raise both limits as memlock_look() found that they have to be. Raises
 * ORDER_RIGHT_LIMITS around each call.
 *
 * Returns 0, or -errno with the limit as it was: -ESRCH as above.
 */
int memlock_raise(struct memlock *memlock, struct time_limit *limit,
		  struct answer_memlock *answer);

/* Set the limit back, unless somebody else has changed it since. */
void memlock_undo(struct memlock *memlock);

/* The next request begins: what was raised stays. */
void memlock_release(struct memlock *memlock);

#endif
