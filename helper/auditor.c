/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The process that writes into the kernel's audit log, with CAP_AUDIT_WRITE and nothing else. */
#include "helper/auditor.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "helper/privileges.h"
#include "helper/process.h"
#include "wire/record/audit.h"

/* Of libaudit.h: the kernel passes messages of these numbers on and does not read them. */
#define AUDIT_VIRT_RESOURCE 2501

struct message {
	struct nlmsghdr header;
	char text[AUDIT_TEXT_SIZE];
};

/* Whoever opens the socket and whoever sends has to have the capability. */
static void write_message(const struct message *message)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int fd;

	if (privileges_raise_audit() < 0)
		return;
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
	if (fd >= 0) {
		(void)sendto(fd, message, message->header.nlmsg_len, 0,
			     (const struct sockaddr *)&kernel, sizeof kernel);
		close(fd);
	}
	privileges_lower();
}

/* Returns 0 when the other end is gone. */
static int relay(int fd, uid_t uid, int may_grant)
{
	struct message message = { .header = { .nlmsg_type = AUDIT_VIRT_RESOURCE,
					       .nlmsg_flags = NLM_F_REQUEST } };
	struct audit_event event;
	ssize_t length;

	do {
		length = recv(fd, &event, sizeof event, MSG_TRUNC);
	} while (length < 0 && errno == EINTR);
	if (length <= 0)
		return 0;
	if (audit_check(&event, (size_t)length) && (may_grant || event.code != REPLY_GRANTED)) {
		/* With its NUL: older kernels write one over the last byte. */
		length = (ssize_t)audit_format(&event, uid, message.text) + 1;
		message.header.nlmsg_len = NLMSG_LENGTH((unsigned)length);
		write_message(&message);
	}
	return 1;
}

static void run(int from_helper, int from_judge, uid_t uid)
{
	struct pollfd sources[] = {
		{ .fd = from_helper, .events = POLLIN },
		{ .fd = from_judge, .events = POLLIN },
	};

	while (sources[0].fd >= 0 || sources[1].fd >= 0) {
		if (poll(sources, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			return;
		}
		for (size_t i = 0; i < 2; i++) {
			if (sources[i].fd >= 0 && sources[i].revents != 0 &&
			    !relay(sources[i].fd, uid, i == 0))
				sources[i].fd = -1;
		}
	}
}

/*
 * systemd ends what a service leaves by SIGTERM: what was sent is written first. Whoever reads the
 * caller's standard error waits until nobody has it.
 */
static void be_auditor(const struct account *account, int from_helper, int from_judge, uid_t uid)
{
	const int kept[] = { from_helper, from_judge };

	if (privileges_become_auditor(account) < 0 || signal(SIGTERM, SIG_IGN) == SIG_ERR ||
	    process_close_but(kept, 2) < 0)
		return;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		close(fd);
	run(from_helper, from_judge, uid);
}

int auditor_start(const struct account *account, uid_t uid, struct auditor *auditor_out)
{
	int helper[2], judge[2];
	pid_t child;

	*auditor_out = (struct auditor){ -1, -1 };
	if (!privileges_can_audit())
		return 0;
	/* What a failure leaves open goes with the helper, which does not start then. */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, helper) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, judge) < 0)
		return -errno;
	child = fork();
	if (child == 0) {
		be_auditor(account, helper[1], judge[1], uid);
		_exit(0);
	}
	close(helper[1]);
	close(judge[1]);
	*auditor_out = (struct auditor){ helper[0], judge[0] };
	return child < 0 ? -EAGAIN : 0;
}
