/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A network namespace that no process is in. Needs no capability. */
#include "helper/port/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper/process.h"
#include "wire/clock.h"
#include "wire/fd-pass.h"

/* Making a namespace takes a millisecond; a machine on its knees gets this long. */
#define CHILD_TIMEOUT_MS 5000

/* What comes with the fds: two messages, the namespace's own and then the queues'. */
struct report {
	enum order_port_step step;
	int error; /* 0, or why there are no fds */
};

/* ---- the child ---- */

static int open_netlink(void)
{
	const struct sockaddr_nl any_port = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (const struct sockaddr *)&any_port, sizeof any_port) < 0)
		return -1;
	return fd;
}

/* fds are -1 from the first that could not be opened. */
static int send_report(int channel, enum order_port_step step, int error, const int *fds, unsigned count)
{
	const struct report report = { step, error };

	return fd_pass_send(channel, &report, sizeof report, fds, error == 0 ? count : 0, 0);
}

/* The child's whole life. Nothing in it waits for anybody. */
static void build(int channel, unsigned queues)
{
	int own[2] = { -1, -1 }, tuns[NETNS_QUEUES_MAX];
	int error = 0;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
		(void)send_report(channel, ORDER_PORT_NAMESPACE, errno, NULL, 0);
		return;
	}
	own[0] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (own[0] >= 0)
		own[1] = open_netlink();
	error = own[1] < 0 ? errno : 0;
	if (send_report(channel, ORDER_PORT_SOCKET, error, own, 2) < 0 || error != 0)
		return;
	for (unsigned i = 0; i < queues && error == 0; i++) {
		tuns[i] = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
		error = tuns[i] < 0 ? errno : 0;
	}
	(void)send_report(channel, ORDER_PORT_OPEN_TUN, error, tuns, queues);
}

/*
 * End with the parent, even when the caller, whose real uid this is, has stopped
 * the child; and keep nothing of the parent's but the channel, the request socket
 * and the privileged netlink socket among it.
 */
static int leave_parent(pid_t parent, int channel)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		return -1;
	return process_close_fds(channel);
}

/* ---- the parent ---- */

/* Take the fds out of a message. Any that are not expected are closed. */
static int take_fds(struct msghdr *message, int *fds, unsigned wanted)
{
	unsigned count = 0;

	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL;
	     part = CMSG_NXTHDR(message, part)) {
		size_t length = part->cmsg_len - CMSG_LEN(0);

		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = 0; at + sizeof(int) <= length; at += sizeof(int)) {
			int fd;

			memcpy(&fd, CMSG_DATA(part) + at, sizeof fd);
			if (count < wanted)
				fds[count] = fd;
			else
				close(fd);
			count++;
		}
	}
	/* Fewer arrived than were sent: this process may not open more files. */
	if ((message->msg_flags & MSG_CTRUNC) != 0)
		return -EMFILE;
	return count == wanted ? 0 : -EPROTO;
}

static int receive_fds(int channel, long long end_ms, int *fds, unsigned count,
		       enum order_port_step *step_out)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(FD_PASS_MAX * sizeof(int))];
	struct report report = { ORDER_PORT_FORK, 0 };
	struct iovec part = { .iov_base = &report, .iov_len = sizeof report };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof control };
	struct pollfd readable = { .fd = channel, .events = POLLIN };
	long long left_ms = end_ms - clock_now_ms();
	ssize_t length;
	int result;

	*step_out = ORDER_PORT_FORK;
	result = left_ms <= 0 ? 0 : poll(&readable, 1, (int)left_ms);
	if (result <= 0)
		return result == 0 ? -ETIMEDOUT : -errno;
	length = recvmsg(channel, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	if (length < 0)
		return -errno;
	if (length != (ssize_t)sizeof report) /* 0: the child was killed */
		return length == 0 ? -ECHILD : -EPROTO;
	*step_out = report.step;
	return report.error != 0 ? -report.error : take_fds(&message, fds, count);
}

/* It has nothing more to say, but may have been stopped by the caller's signals. */
static void end_child(const struct netns *namespace)
{
	if (namespace->child > 0)
		(void)kill(namespace->child, SIGKILL);
}

static void reap_child(struct netns *namespace)
{
	while (namespace->child > 0 && waitpid(namespace->child, NULL, 0) < 0 && errno == EINTR) {
	}
	namespace->child = 0;
}

static int receive_all(int channel, struct netns *namespace, enum order_port_step *failed_out)
{
	long long end_ms = clock_now_ms() + CHILD_TIMEOUT_MS;
	int own[2] = { -1, -1 };
	int result = receive_fds(channel, end_ms, own, 2, failed_out);

	namespace->namespace_fd = own[0];
	namespace->netlink_fd = own[1];
	if (result == 0)
		result = receive_fds(channel, end_ms, namespace->tun_fds, namespace->queues,
				     failed_out);
	return result;
}

int netns_start(unsigned queues, struct netns *namespace_out)
{
	pid_t parent = getpid();
	int ends[2], error;

	*namespace_out = (struct netns){ -1, -1, { 0 }, queues, 0, -1 };
	for (unsigned i = 0; i < NETNS_QUEUES_MAX; i++)
		namespace_out->tun_fds[i] = -1;
	if (queues == 0 || queues > NETNS_QUEUES_MAX)
		return -EINVAL;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	namespace_out->child = fork();
	if (namespace_out->child == 0) {
		if (leave_parent(parent, ends[1]) == 0)
			build(ends[1], queues);
		_exit(0);
	}
	error = errno;
	close(ends[1]);
	namespace_out->channel = ends[0];
	if (namespace_out->child > 0)
		return 0;
	netns_close(namespace_out);
	return -error;
}

int netns_finish(struct netns *namespace, enum order_port_step *failed_out)
{
	int result = receive_all(namespace->channel, namespace, failed_out);

	end_child(namespace);
	return result;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void netns_close(struct netns *namespace)
{
	close_fd(&namespace->namespace_fd);
	close_fd(&namespace->netlink_fd);
	for (unsigned i = 0; i < NETNS_QUEUES_MAX; i++)
		close_fd(&namespace->tun_fds[i]);
	close_fd(&namespace->channel);
	end_child(namespace);
	reap_child(namespace);
}
