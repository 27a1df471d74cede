/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Who asks: the caller that started the helper, or the process at the other end of the
 * service's socket, both as the kernel says it.
 */
#ifndef VMGRANT_HELPER_PEER_H
#define VMGRANT_HELPER_PEER_H

#include <stddef.h>
#include <sys/types.h>

#include "wire/process/door.h"
#include "wire/refusal/refusal.h"

struct peer {
	uid_t uid;
	/* The gid first, then the supplementary ones; the judge asks for those of the service's client. */
	gid_t *groups;
	size_t group_count;
	pid_t pid; /* for records; of a caller the process that started the helper */
	int pidfd; /* of that process, for polkit; -1 where the helper itself is polkit's subject */
};

/*
 * Drop-in and native: the real ids of this process, its groups, and its parent.
 *
 * Service: SO_PEERCRED of the socket: the process that called connect(),
 * whoever has the socket now.
 */
enum reply_code peer_find(const struct door *door, struct peer *peer_out, struct refusal *why);

/*
 * Hold on to the service's client by SO_PEERPIDFD (Linux 6.5). Before that the door is closed
 * unless it was opened with --service=by-pid: then the process that has the number now is
 * taken for it. Nothing to do for the other doors.
 */
enum reply_code peer_open(const struct door *door, struct peer *peer, struct refusal *why);

/*
 * The process that made the other end of a connected socket, as the kernel held on to it
 * (SO_PEERPIDFD). Returns a pidfd that the caller owns, -ENOPROTOOPT before Linux 6.5, or
 * -ESRCH if it has ended.
 */
int peer_pidfd(int socket_fd);

#endif
