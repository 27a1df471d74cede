/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* One vmgrant-helper: how it starts and how it ended. */
#include "client/library/helper-process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/library/way.h"

/* Nothing takes a helper that long that lost its client; only a stopped one needs to be killed. */
#define END_TIMEOUT_MS 10000

/* The number of the socket in the helper, and what it is told about it. */
#define HELPER_SOCKET_FD 3
#define HELPER_SOCKET_ARGUMENT "--fd=3"

void helper_process_init(struct helper_process *process)
{
	*process = (struct helper_process){ .child.pidfd = -1, .socket_fd = -1, .stderr_fd = -1 };
}

int helper_process_runs(const struct helper_process *process)
{
	return process->socket_fd >= 0;
}

/*
 * posix_spawn() does between fork and exec only what is safe in a process with
 * threads, runs no fork handlers, and says when exec fails. Standard input and
 * output are not lent: a helper that waits must not keep a pipe of ours open.
 */
static int spawn(pid_t *pid_out, const char *path, int socket_fd, int stderr_fd)
{
	char *const argv[] = { (char[]){ "vmgrant-helper" }, (char[]){ HELPER_SOCKET_ARGUMENT },
			       NULL };
	char *const no_environment[] = { NULL };
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);

	if (error != 0)
		return -error;
	error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(&actions, 0, 1);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(&actions, stderr_fd, 2);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(&actions, socket_fd, HELPER_SOCKET_FD);
	if (error == 0)
		error = posix_spawn(pid_out, path, &actions, NULL, argv, no_environment);
	posix_spawn_file_actions_destroy(&actions);
	return -error;
}

static int start_between(struct helper_process *process, const char *path, int sockets[2],
			 int words[2])
{
	pid_t pid;
	int error;

	for (int i = 0; i < 2; i++) {
		error = child_lift_fd(&sockets[i], HELPER_SOCKET_FD);
		if (error == 0)
			error = child_lift_fd(&words[i], HELPER_SOCKET_FD);
		if (error < 0)
			return error;
	}
	if (fcntl(words[0], F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	error = spawn(&pid, path, sockets[1], words[1]);
	if (error < 0)
		return error;
	process->owner = getpid();
	child_adopt(&process->child, pid);
	process->socket_fd = sockets[0];
	process->stderr_fd = words[0];
	sockets[0] = words[0] = -1;
	return 0;
}

int helper_process_start(struct helper_process *process, const char *path)
{
	int sockets[2], words[2];
	int error;

	helper_process_init(process);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
		return -errno;
	if (pipe2(words, O_CLOEXEC) < 0) {
		error = -errno;
		close(sockets[0]);
		close(sockets[1]);
		return error;
	}
	error = start_between(process, path, sockets, words);
	for (int i = 0; i < 2; i++) {
		child_close_fd(&sockets[i]);
		child_close_fd(&words[i]);
	}
	return error;
}

int helper_process_connect(struct helper_process *process)
{
	int fd = way_connect();

	helper_process_init(process);
	if (fd < 0)
		return fd;
	process->owner = getpid();
	process->socket_fd = fd;
	return 0;
}

/* Its end is noticed whoever reaps it. */
static void reap(struct helper_process *process, struct helper_obituary *obituary)
{
	siginfo_t info = { 0 };

	if (!child_wait(&process->child, END_TIMEOUT_MS))
		child_signal(&process->child, SIGKILL);
	obituary->end = HELPER_UNKNOWN;
	if (child_reap(&process->child, &info) < 0)
		return;
	obituary->end = info.si_code == CLD_EXITED ? HELPER_EXITED : HELPER_KILLED;
	obituary->number = info.si_status;
}

/* Whatever does not fit is of no use to anybody. */
static void read_last_words(const struct helper_process *process, struct helper_obituary *obituary)
{
	size_t length = 0, room = sizeof obituary->last_words - 1;

	while (length < room) {
		ssize_t got = read(process->stderr_fd, obituary->last_words + length,
				   room - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		length += (size_t)got;
	}
	obituary->last_words[length] = '\0';
}

void helper_process_end(struct helper_process *process, struct helper_obituary *obituary)
{
	struct helper_obituary unread;

	if (!helper_process_runs(process))
		return;
	if (obituary == NULL)
		obituary = &unread;
	*obituary = (struct helper_obituary){ .end = HELPER_UNKNOWN };
	if (process->owner == getpid()) {
		/* A copy of the socket in a forked child must not keep the helper waiting. */
		(void)shutdown(process->socket_fd, SHUT_RDWR);
		obituary->end = HELPER_HUNG_UP;
		if (process->child.pid != 0) {
			reap(process, obituary);
			read_last_words(process, obituary);
		}
	}
	child_close_fd(&process->socket_fd);
	child_close_fd(&process->stderr_fd);
	child_close_fd(&process->child.pidfd);
	helper_process_init(process);
}
