/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * File descriptors handed over an AF_UNIX socket by SCM_RIGHTS.
 */
#ifndef VMGRANT_WIRE_FD_PASS_H
#define VMGRANT_WIRE_FD_PASS_H

#include <stddef.h>

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

#endif
