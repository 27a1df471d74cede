/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A child process. */
#include "wire/process/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* libc learned these names late. */
#ifndef P_PIDFD
#define P_PIDFD 3
#endif

void child_adopt(struct child *child, pid_t pid)
{
	child->pid = pid;
	/* Without one, the pid has to do. */
	child->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
}

int child_wait(const struct child *child, int timeout_ms)
{
	struct pollfd ended = { .fd = child->pidfd, .events = POLLIN };
	int ready;

	if (child->pidfd < 0)
		return 1;
	do {
		ready = poll(&ended, 1, timeout_ms);
	} while (ready < 0 && errno == EINTR);
	return ready != 0;
}

void child_signal(const struct child *child, int number)
{
	if (child->pidfd >= 0)
		(void)syscall(SYS_pidfd_send_signal, child->pidfd, number, NULL, 0);
	else
		(void)kill(child->pid, number);
}

int child_reap(struct child *child, siginfo_t *info)
{
	idtype_t kind = child->pidfd < 0 ? P_PID : (idtype_t)P_PIDFD;
	id_t which = (id_t)(child->pidfd < 0 ? child->pid : child->pidfd);
	int result;

	do {
		result = waitid(kind, which, info, WEXITED);
	} while (result < 0 && errno == EINTR);
	child_close_fd(&child->pidfd);
	child->pid = 0;
	return result;
}

void child_kill(pid_t pid)
{
	if (pid <= 0)
		return;
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
	}
}

void child_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int child_lift_fd(int *fd, int last)
{
	int lifted;

	if (*fd > last)
		return 0;
	lifted = fcntl(*fd, F_DUPFD_CLOEXEC, last + 1);
	if (lifted < 0)
		return -errno;
	close(*fd);
	*fd = lifted;
	return 0;
}
