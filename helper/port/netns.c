/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A network namespace of a port's own: the helper's side. Needs no capability. */
#include "helper/port/netns.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "helper/privileges.h"
#include "helper/process.h"
#include "inside/builder.h"
#include "wire/process/child.h"

/* Making a namespace takes a millisecond; a machine on its knees gets this long. */
#define CHILD_TIMEOUT_MS 5000

/* It keeps nothing of this process's but the channel: not the request socket, no netlink. */
static void be_builder(const struct account *account, const struct order_port *order,
		       pid_t helper, int channel)
{
	if (privileges_become_account(account, helper) < 0 ||
	    process_close_but(&channel, 1) < 0)
		return;
	builder_run(channel, order->queues,
		    (order->flags & ORDER_PORT_LOCK_MAC) != 0 ? order->mac : NULL,
		    builder_enter_unprivileged);
}

static int receive(struct netns *netns, unsigned file_count, enum order_port_step *step)
{
	struct builder_report report = { ORDER_PORT_FORK, 0 };
	struct pollfd readable = { .fd = netns->channel, .events = POLLIN };
	int ready = poll(&readable, 1, CHILD_TIMEOUT_MS);
	struct fd_list files;
	ssize_t length;

	if (ready <= 0)
		return ready == 0 ? -ETIMEDOUT : -errno;
	length = fd_pass_receive(netns->channel, &report, sizeof report, MSG_DONTWAIT, &files);
	if (length < 0)
		return (int)length;
	*step = report.step;
	if (length == (ssize_t)sizeof report && report.error == 0 && files.count == file_count) {
		if (file_count != 0)
			netns->files = files;
		return 0;
	}
	fd_list_close(&files);
	/* No report: it was killed. */
	return report.error > 0 ? -report.error : -ECHILD;
}

/* A fork of this process, or of the one that may make namespaces where nobody else may. */
static int start_builder(const struct builders *builders, const struct order_port *order,
			 struct netns *netns, int channel)
{
	const pid_t helper = getpid();

	if (builders->maker.channel >= 0)
		return maker_order(&builders->maker, order, channel);
	netns->child = fork();
	if (netns->child == 0) {
		be_builder(builders->account, order, helper, channel);
		_exit(0);
	}
	return netns->child < 0 ? -EAGAIN : 0;
}

int netns_start(struct builders *builders, const struct order_port *order, struct netns *netns_out,
		enum order_port_step *failed_out)
{
	int result, ends[2];

	netns_reap(builders);
	*failed_out = ORDER_PORT_FORK;
	*netns_out = (struct netns){ .builders = builders, .channel = -1 };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	netns_out->channel = ends[0];
	result = start_builder(builders, order, netns_out, ends[1]);
	close(ends[1]);
	return result == 0 ? receive(netns_out, BUILDER_TUNS + order->queues, failed_out) : result;
}

void netns_go_on(const struct netns *netns)
{
	(void)send(netns->channel, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int netns_finish(struct netns *netns)
{
	enum order_port_step step;
	int result = receive(netns, 0, &step);

	if (result == 0) {
		netns->builders->done = netns->child;
		netns->child = 0;
	}
	return result;
}

void netns_close(struct netns *netns)
{
	child_kill(netns->child);
	child_close_fd(&netns->channel);
	fd_list_close(&netns->files);
}

void netns_reap(struct builders *builders)
{
	child_kill(builders->done);
	builders->done = 0;
}
