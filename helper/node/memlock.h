/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The limit on locked memory of the process that asks: a guest whose memory a
 * device writes to cannot be swapped out.
 *
 * Raised for nobody but the process that made the request socket, never lowered,
 * to what was asked and the rule gives, as the last step before the hand-over.
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

#include "wire/refusal.h"
#include "judge/request.h"

/* Zeroed: nothing was raised. */
struct memlock {
	uint64_t limit_bytes; /* the soft limit now; UINT64_MAX: none; 0: not known */
	int is_raised;
	int pidfd; /* of the process, only with is_raised */
	pid_t pid;
	struct rlimit64 before, after; /* only with is_raised */
};

/* Does the rule give as much as is asked for? */
enum reply_code memlock_check(const struct request *request, const struct acl_options *options,
			      struct refusal *why);

/*
 * Raise the limit of the process at the other end of socket_fd, soft and hard, where
 * it is lower than what memlock_check() has passed. Raises PRIVILEGE_LIMITS around
 * each call. After a refusal the limit is as it was.
 */
enum reply_code memlock_raise(int socket_fd, const struct request *request,
			      const struct acl_options *options, struct memlock *memlock,
			      struct refusal *why);

/* Set the limit back, unless somebody else has changed it since. */
void memlock_undo(struct memlock *memlock);

void memlock_release(struct memlock *memlock);

#endif
