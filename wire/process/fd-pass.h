/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * File descriptors handed over an AF_UNIX socket by SCM_RIGHTS.
 */
#ifndef VMGRANT_WIRE_PROCESS_FD_PASS_H
#define VMGRANT_WIRE_PROCESS_FD_PASS_H

#include <stddef.h>
#include <sys/types.h>

#define FD_PASS_MAX 32

/*
 * Send one message: payload and fds together, all or nothing.
 *
 * fds         borrowed: the receiver gets duplicates, the caller still owns his
 * timeout_ms  how long a peer that does not read may take
 *
 * Never raises SIGPIPE. Returns 0, or -EPIPE when the peer is gone, -ETIMEDOUT,
 * -EINVAL for no payload or more than FD_PASS_MAX fds, -EIO for a part sent.
 */
int fd_pass_send(int socket_fd, const void *payload, size_t length, const int *fds,
		 size_t fd_count, int timeout_ms);

/* What came with a message. The fds are the receiver's. */
struct fd_list {
	int fds[FD_PASS_MAX];
	size_t count;
};

/*
 * Take one message of at most size bytes; its fds are close-on-exec.
 *
 * flags  MSG_DONTWAIT, or 0 to wait as long as it takes
 *
 * Returns its length, 0 where the peer is gone, or a negative errno, and then there are no
 * fds: -EMFILE if fewer arrived than were sent, since this process may not open more files,
 * -EMSGSIZE for a longer message.
 */
ssize_t fd_pass_receive(int socket_fd, void *payload, size_t size, int flags,
			struct fd_list *list_out);

/* Close them all. */
void fd_list_close(struct fd_list *list);

#endif
