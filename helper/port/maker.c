/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The process that makes network namespaces with CAP_SYS_ADMIN, behind a seccomp filter. */
#include "helper/port/maker.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "helper/port/maker-filter.h"
#include "helper/privileges.h"
#include "helper/process.h"
#include "inside/builder.h"
#include "wire/process/child.h"
#include "wire/process/fd-pass.h"

_Static_assert(SANDBOX_CLONE_NEWNET == CLONE_NEWNET && SANDBOX_SIGCHLD == SIGCHLD &&
		       SANDBOX_MAP_PRIVATE == MAP_PRIVATE &&
		       SANDBOX_MAP_ANONYMOUS == MAP_ANONYMOUS && SANDBOX_TUNGETIFF == TUNGETIFF,
	       "the seccomp filter cannot be made on another architecture");

/* From helper to maker, with the builder's end of a socket. */
struct maker_order {
	uint8_t queues;
	uint8_t is_locked;
	uint8_t mac[6];
};

/* ---- is it needed ---- */

/* 1 if the file is there and begins with that digit. */
static int begins_with(const char *path, char digit)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	char first = '\0';
	ssize_t length;

	if (fd < 0)
		return 0;
	length = read(fd, &first, sizeof first);
	close(fd);
	return length == 1 && first == digit;
}

/* A profile of its own has a name, and allows what it allows. */
static int is_without_profile(void)
{
	return begins_with("/proc/self/attr/apparmor/current", 'u');
}

int maker_is_needed(void)
{
	return begins_with("/proc/sys/user/max_user_namespaces", '0') ||
	       begins_with("/proc/sys/kernel/unprivileged_userns_clone", '0') ||
	       (begins_with("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1') &&
		is_without_profile());
}

/* ---- the process ---- */

static uint32_t high_of(const char *path)
{
	return (uint32_t)((uint64_t)(uintptr_t)path >> 32);
}

static uint32_t low_of(const char *path)
{
	return (uint32_t)(uintptr_t)path;
}

int maker_enter_filter(void)
{
#define SANDBOX_PATH_1_HIGH high_of(builder_namespace_path)
#define SANDBOX_PATH_1_LOW low_of(builder_namespace_path)
#define SANDBOX_PATH_2_HIGH high_of(builder_tun_path)
#define SANDBOX_PATH_2_LOW low_of(builder_tun_path)
	struct sock_filter filter[] = { SANDBOX_FILTER };
	const struct sock_fprog program = { sizeof filter / sizeof *filter, filter };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0 ? -1 : 0;
}

/* The plain call: the filter knows fork() by its arguments, and libc has several ways. */
static pid_t fork_plainly(void)
{
#ifdef __s390__
	return (pid_t)syscall(SYS_clone, 0, SIGCHLD, 0, 0, 0);
#else
	return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
#endif
}

/* A builder that cannot be started leaves a closed channel. */
static void start_builder(const struct maker_order *order, int channel, int orders)
{
	if (fork_plainly() != 0)
		return;
	close(orders);
	builder_run(channel, order->queues, order->is_locked ? order->mac : NULL,
		    privileges_make_namespace);
	_exit(0);
}

static void run(int channel)
{
	struct maker_order order;
	struct fd_list files;
	ssize_t length;

	/* Builders that have ended are nobody's business. */
	if (signal(SIGCHLD, SIG_IGN) == SIG_ERR || maker_enter_filter() < 0)
		return;
	while ((length = fd_pass_receive(channel, &order, sizeof order, 0, &files)) > 0) {
		if (length == (ssize_t)sizeof order && files.count == 1)
			start_builder(&order, files.fds[0], channel);
		fd_list_close(&files);
	}
}

/* ---- the helper's side ---- */

int maker_start(const struct account *account, struct maker *maker_out)
{
	const pid_t helper = getpid();
	int ends[2];

	*maker_out = (struct maker){ .channel = -1 };
	if (!privileges_can_make_namespaces())
		return 0;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	maker_out->child = fork();
	if (maker_out->child == 0) {
		if (privileges_become_maker(account, helper) == 0 &&
		    process_close_but(&ends[1], 1) == 0)
			run(ends[1]);
		_exit(0);
	}
	close(ends[1]);
	maker_out->channel = ends[0];
	return maker_out->child < 0 ? -EAGAIN : 0;
}

int maker_order(const struct maker *maker, const struct order_port *order, int channel)
{
	struct maker_order message = {
		.queues = (uint8_t)order->queues,
		.is_locked = (order->flags & ORDER_PORT_LOCK_MAC) != 0,
	};

	memcpy(message.mac, order->mac, sizeof message.mac);
	return fd_pass_send(maker->channel, &message, sizeof message, &channel, 1, 0);
}

void maker_stop(struct maker *maker)
{
	child_kill(maker->child);
	child_close_fd(&maker->channel);
	*maker = (struct maker){ .channel = -1 };
}
