/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* File descriptors handed over an AF_UNIX socket by SCM_RIGHTS. */
#include "wire/process/fd-pass.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* The kernel gives no more fds in a message than there is room for. */
static void take_fds(struct msghdr *message, struct fd_list *list)
{
	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL;
	     part = CMSG_NXTHDR(message, part)) {
		size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(list->fds + list->count, CMSG_DATA(part), count * sizeof(int));
		list->count += count;
	}
}

ssize_t fd_pass_receive(int socket_fd, void *payload, size_t size, int flags,
			struct fd_list *list_out)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(FD_PASS_MAX * sizeof(int))];
	struct iovec part = { .iov_base = payload, .iov_len = size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof control };
	ssize_t length = recvmsg(socket_fd, &message, flags | MSG_CMSG_CLOEXEC);

	list_out->count = 0;
	if (length < 0)
		return -errno;
	take_fds(&message, list_out);
	if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0)
		return length;
	fd_list_close(list_out);
	return (message.msg_flags & MSG_CTRUNC) != 0 ? -EMFILE : -EMSGSIZE;
}

void fd_list_close(struct fd_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		close(list->fds[i]);
	list->count = 0;
}
