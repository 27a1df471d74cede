/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A judge in somebody else's hand, for tests: linked with the helper in the judge's place,
 * it does whatever the process at the other end of the request socket says. Bytes and fds
 * go from there to the helper as they are, and the helper's answers come back.
 *
 * An empty message ends it without a word; "sleep" makes it never end.
 */
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "judge/judge.h"

#define BYTES_MAX 4096
#define FDS_MAX 64

static void close_fds(struct msghdr *message)
{
	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL;
	     part = CMSG_NXTHDR(message, part)) {
		for (size_t at = CMSG_LEN(0); at + sizeof(int) <= part->cmsg_len; at += sizeof(int)) {
			int fd;

			memcpy(&fd, (char *)part + at, sizeof fd);
			close(fd);
		}
	}
}

/* Returns 0 as long as both ends are there. */
static int pass_on(int from, int to)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(FDS_MAX * sizeof(int))];
	char bytes[BYTES_MAX];
	struct iovec part = { bytes, sizeof bytes };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof control };
	ssize_t length = recvmsg(from, &message, MSG_CMSG_CLOEXEC), sent;

	if (length <= 0)
		return -1;
	if (length == 5 && memcmp(bytes, "sleep", 5) == 0) {
		for (;;)
			(void)pause();
	}
	part.iov_len = (size_t)length;
	sent = sendmsg(to, &message, MSG_NOSIGNAL);
	close_fds(&message);
	return sent == length ? 0 : -1;
}

int judge_run(const struct judge_start *start)
{
	struct pollfd ends[] = { { .fd = start->client, .events = POLLIN },
				 { .fd = start->orders, .events = POLLIN } };

	if (start->orders < 0)
		return 1;
	while (poll(ends, 2, -1) > 0) {
		if (ends[1].revents != 0 && pass_on(start->orders, start->client) < 0)
			return 1;
		if (ends[0].revents != 0 && pass_on(start->client, start->orders) < 0)
			return 1;
	}
	return 1;
}
