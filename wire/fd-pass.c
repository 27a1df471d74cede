/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* File descriptors handed over an AF_UNIX socket by SCM_RIGHTS. */
#include "wire/fd-pass.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

int fd_pass_send(int socket_fd, const void *payload, size_t length, const int *fds,
		 size_t fd_count, int timeout_ms)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(FD_PASS_MAX * sizeof(int))] = { 0 };
	/* sendmsg() does not write to the payload, its struct is shared with recvmsg(). */
	struct iovec part = { .iov_base = (void *)(uintptr_t)payload, .iov_len = length };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	struct pollfd writable = { .fd = socket_fd, .events = POLLOUT };
	ssize_t sent;

	if (length == 0 || fd_count > FD_PASS_MAX)
		return -EINVAL;
	if (fd_count > 0) {
		struct cmsghdr *rights;

		message.msg_control = control;
		message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
		rights = CMSG_FIRSTHDR(&message);
		rights->cmsg_level = SOL_SOCKET;
		rights->cmsg_type = SCM_RIGHTS;
		rights->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
		memcpy(CMSG_DATA(rights), fds, fd_count * sizeof(int));
	}
	sent = sendmsg(socket_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		int ready = poll(&writable, 1, timeout_ms);

		if (ready <= 0)
			return ready == 0 ? -ETIMEDOUT : -errno;
		sent = sendmsg(socket_fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	if (sent < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	return (size_t)sent == length ? 0 : -EIO;
}
