/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the process inherited from its caller, made harmless.
 *
 * Runs first, with full privilege, before any argument is read. A setuid
 * program gets its file descriptors, environment, signal dispositions, timers,
 * working directory and limits from whoever starts it.
 */
#ifndef VMGRANT_HELPER_PROCESS_H
#define VMGRANT_HELPER_PROCESS_H

#include "wire/refusal.h"

/*
 * Fill fds 0-2, clear the environment, go to /, umask 077, reset signals,
 * mask, timers and timer slack, set limits, forbid core dumps and tracing.
 * Nothing here depends on the arguments.
 */
enum reply_code process_secure(struct refusal *why);

/*
 * End the process after so many seconds, with a sentence and REPLY_INTERNAL:
 * the caller waits without a limit of his own, and so may what we ask (a name
 * service, a lock in the kernel). 0 takes the limit away.
 */
void process_limit_time(unsigned seconds);

/*
 * Close every fd but 0-2 and keep_fd, so that none of the caller's reaches a
 * child and none is mistaken for one of ours. keep_fd -1 keeps only 0-2.
 */
enum reply_code process_close_fds(int keep_fd, struct refusal *why);

#endif
