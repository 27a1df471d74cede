/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The socket that the caller left open for the answer.
 *
 * Drop-in contract: AF_UNIX, SOCK_STREAM, connected; one byte of value 0 with
 * exactly one fd, or nothing at all (net_bridge_run_helper() in QEMU).
 */
#ifndef VMGRANT_JUDGE_CHANNEL_H
#define VMGRANT_JUDGE_CHANNEL_H

#include <sys/types.h>

#include "wire/refusal.h"

enum channel_kind {
	CHANNEL_STREAM = 1, /* drop-in: SOCK_STREAM */
	CHANNEL_MESSAGES,   /* native: SOCK_SEQPACKET */
};

/*
 * Judge the inherited fd: a connected AF_UNIX socket of this kind whose other
 * end was made by the caller. A socket that leads to somebody else's process
 * would hand him what the caller is allowed to have.
 */
enum reply_code channel_check(int fd, enum channel_kind kind, uid_t caller_uid,
			      struct refusal *why);

/*
 * Hand over the TAP: one byte, one fd. tap_fd stays the caller's to close.
 * After REPLY_GRANTED the process must leave with 0 whatever happens, since
 * the receiver owns the TAP now.
 */
enum reply_code channel_send_tap(int fd, int tap_fd, struct refusal *why);

#endif
