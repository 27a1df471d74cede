/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The asker: started, and waited for. Needs no capability. */
#include "helper/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "helper/privileges.h"
#include "wire/asker/asker.h"
#include "wire/process/child.h"
#include "wire/process/clock.h"

/*
 * About whom polkit is asked, and a file that tells when that process started: what is in it the
 * judge reads. Returns the file or -errno.
 */
static int open_subject(const struct peer *peer, struct answer_ask *answer)
{
	const struct child client = { peer->pid, peer->pidfd };
	char path[40];
	int fd;

	answer->subject_pid = peer->pidfd >= 0 ? peer->pid : getpid();
	(void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)answer->subject_pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* As long as it has not ended, the number that was opened is its own. */
	if (peer->pidfd < 0 || !child_wait(&client, 0))
		return fd;
	close(fd);
	return -ESRCH;
}

/* The child's side of the fork: nobody special, then the asker. */
static void exec_asker(const struct account *account, pid_t helper, const struct peer *peer,
		       int channel)
{
	static char *const arguments[] = { "vmgrant-authorize", NULL };
	static char *const environment[] = { "LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin", NULL };
	int nothing = open("/dev/null", O_RDWR);
	int subject = peer->pidfd >= 0 ? peer->pidfd : (int)syscall(SYS_pidfd_open, helper, 0);

	/* The pidfd leads to the subject, which a number alone would not for ever. */
	if (privileges_become_account(account, helper) < 0 || nothing < 0 || subject < 0 ||
	    dup2(channel, 0) < 0 || dup2(channel, 1) < 0 || dup2(nothing, 2) < 0 ||
	    dup2(subject, ASKER_PIDFD) < 0 || fcntl(ASKER_PIDFD, F_SETFD, 0) < 0 ||
	    syscall(SYS_close_range, ASKER_PIDFD + 1U, ~0U, 0U) < 0)
		_exit(ASKER_USAGE);
	execve(VMGRANT_AUTHORIZE, arguments, environment);
	_exit(ASKER_USAGE);
}

/* Returns the judge's end of its channel or -errno. */
static int start(struct child *asker, const struct account *account, const struct peer *peer)
{
	const pid_t helper = getpid();
	int ends[2], result;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		exec_asker(account, helper, peer, ends[1]);
	result = pid < 0 ? -errno : ends[0];
	close(ends[1]);
	if (pid < 0)
		close(ends[0]);
	else
		child_adopt(asker, pid);
	return result;
}

int ask_start(struct child *asker, const struct account *account, const struct peer *peer,
	      struct answer_ask *answer_out, struct fd_list *files_out)
{
	int channel, subject;

	if (asker->pid != 0)
		return -EALREADY;
	subject = open_subject(peer, answer_out);
	if (subject < 0)
		return subject;
	channel = start(asker, account, peer);
	if (channel < 0) {
		close(subject);
		return channel;
	}
	*files_out = (struct fd_list){ .fds = { channel, subject }, .count = 2 };
	return 0;
}

int ask_finish(struct child *asker, long long end_ms)
{
	const long long left_ms = end_ms - clock_now_ms();
	siginfo_t ended;
	int in_time;

	if (asker->pid == 0)
		return -1;
	/* Without a pidfd there is nothing to wait at that has an end. */
	in_time = left_ms > 0 && asker->pidfd >= 0 && child_wait(asker, (int)left_ms);
	if (!in_time)
		child_signal(asker, SIGKILL);
	if (child_reap(asker, &ended) < 0 || !in_time)
		return -1;
	return ended.si_code == CLD_EXITED ? ended.si_status : -2;
}
