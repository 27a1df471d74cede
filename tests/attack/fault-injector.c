/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Helpers in which one system call fails, kills or stops its process: one after the other,
 * as tests/system/faults.py says. Runs as root inside a world.
 *
 *   fault-injector UID GID[,GROUP...] FD setuid|service HELPER [WORD...]
 *
 * Descriptor 3 is a seqpacket socket. For each command that comes the program lets a process
 * of the user's make a socketpair, sends back the client's end, starts HELPER with the
 * other end as FD, as the user or, for the service, as root, and looks at each system call
 * of it and of what it forks: a seccomp filter that only root can install without
 * no_new_privs hands every call to this process, so that the setuid bit works and nothing is
 * traced. When the last of them has ended the report follows, and after it the calls that
 * were seen, if they were wanted.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/attack/fault-injector.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#define CHANNEL 3

void need(int condition, const char *what)
{
	if (condition)
		return;
	(void)fprintf(stderr, "fault-injector: %s: %s\n", what, strerror(errno));
	_exit(1);
}

/* ---- the child ---- */

/* Before there is a filter: root, since only root installs one that a setuid program keeps. */
static int install_filter(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
	};
	struct sock_fprog program = { 1, code };

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			    SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
			    &program);
}

static void be_helper(const struct setup *setup, int channel, int said)
{
	static char *const environment[] = { "PATH=/usr/bin:/bin", "LANG=C.UTF-8", NULL };
	const struct user *user = &setup->user;
	int nothing = open("/dev/null", O_RDWR), listener;

	need(nothing >= 0 && dup2(nothing, 0) == 0 && dup2(nothing, 1) == 1 && dup2(said, 2) == 2,
	     "standard descriptors");
	if (channel != setup->fd)
		need(dup2(channel, setup->fd) == setup->fd, "the channel");
	need(fcntl(setup->fd, F_SETFD, 0) == 0, "the channel");
	need(syscall(SYS_close_range, setup->fd + 1, ~0U, 0) == 0, "close_range");
	if (!setup->is_service)
		need(setgroups(user->group_count, user->groups) == 0 &&
			     setresgid(user->gid, user->gid, user->gid) == 0,
		     "groups");
	listener = install_filter();
	need(listener >= 0, "seccomp");
	atomic_store(setup->listener_of_child, listener);
	if (!setup->is_service)
		need(setresuid(user->uid, user->uid, user->uid) == 0, "setresuid");
	execve(setup->argv[0], setup->argv, environment);
	need(0, setup->argv[0]);
}

/* ---- one helper ---- */

static int take_listener(const struct setup *setup, pid_t child)
{
	int pidfd = (int)syscall(SYS_pidfd_open, child, 0), number, fd;
	const struct timespec moment = { .tv_nsec = 20000 };

	need(pidfd >= 0, "pidfd_open");
	while ((number = atomic_load(setup->listener_of_child)) < 0) {
		need(waitpid(child, NULL, WNOHANG) == 0, "the child");
		(void)nanosleep(&moment, NULL);
	}
	fd = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
	need(fd >= 0, "pidfd_getfd");
	close(pidfd);
	return fd;
}

static void run_helper(const struct setup *setup, struct run *run, int near, int far)
{
	ssize_t length;
	int said[2];
	pid_t child;

	need(pipe2(said, O_CLOEXEC | O_NONBLOCK) == 0, "pipe2");
	atomic_store(setup->listener_of_child, -1);
	child = fork();
	need(child >= 0, "fork");
	if (child == 0)
		be_helper(setup, far, said[1]);
	close(far);
	close(said[1]);
	run->listener = take_listener(setup, child);
	pass_fds(CHANNEL, &near, 1);
	close(near);
	serve_calls(run);
	close(run->listener);
	need(waitpid(child, &run->report.status, 0) == child, "waitpid");
	length = read(said[0], run->report.said, SAID_MAX);
	run->report.said_length = length > 0 ? (uint32_t)length : 0;
	close(said[0]);
}

static void perform(const struct setup *setup, struct run *run)
{
	const struct peer peer = start_peer(&setup->user, &run->command);

	run_helper(setup, run, peer.near, peer.far);
	run->report.memlock_bytes = end_peer(&peer);
	run->report.peer = peer.pid;
	run->report.tasks = run->tasks;
	need(send(CHANNEL, &run->report, sizeof run->report, MSG_NOSIGNAL) ==
	     (ssize_t)sizeof run->report, "the report");
	if (run->command.wants_calls)
		need(send(CHANNEL, run->calls, run->call_count * sizeof run->calls[0],
			  MSG_NOSIGNAL) >= 0, "the calls");
}

static void read_groups(const char *text, struct user *user)
{
	char *end = NULL;

	user->gid = (gid_t)strtoul(text, &end, 10);
	while (*end == ',' && user->group_count < GROUPS_MAX)
		user->groups[user->group_count++] = (gid_t)strtoul(end + 1, &end, 10);
}

int main(int argc, char **argv)
{
	static struct run run;
	struct setup setup = { .user = { .uid = 0 } };

	if (argc < 6)
		return 2;
	setup.user.uid = (uid_t)strtoul(argv[1], NULL, 10);
	read_groups(argv[2], &setup.user);
	setup.fd = (int)strtol(argv[3], NULL, 10);
	setup.is_service = strcmp(argv[4], "service") == 0;
	setup.argv = argv + 5;
	setup.listener_of_child = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	need(setup.listener_of_child != MAP_FAILED, "mmap");
	need(fcntl(CHANNEL, F_SETFD, FD_CLOEXEC) == 0, "descriptor 3");
	for (;;) {
		memset(&run, 0, sizeof run);
		if (recv(CHANNEL, &run.command, sizeof run.command, 0) !=
		    (ssize_t)sizeof run.command)
			return 0;
		perform(&setup, &run);
	}
}
