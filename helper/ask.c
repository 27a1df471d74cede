/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The asker: started, and waited for. Needs no capability. */
#include "helper/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "helper/privileges.h"
#include "wire/asker/asker.h"
#include "wire/process/child.h"
#include "wire/process/clock.h"

/*
 * When a process started, in the unit of /proc: with the pid it names the
 * process for good, since a pid alone may be used again (field 22 of
 * /proc/PID/stat; the second one, the name, may hold blanks and parentheses).
 */
static int read_start_time(pid_t pid, uint64_t *start_time_out)
{
	char path[40], text[1024];
	const char *field;
	ssize_t length;
	int fd;

	(void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	length = read(fd, text, sizeof text - 1);
	close(fd);
	if (length <= 0)
		return -EIO;
	text[length] = '\0';
	field = strrchr(text, ')');
	for (int number = 2; field != NULL && number < 22; number++)
		field = strchr(field + 1, ' ');
	if (field == NULL)
		return -EIO;
	errno = 0;
	*start_time_out = strtoull(field + 1, NULL, 10);
	return errno == 0 && *start_time_out != 0 ? 0 : -EIO;
}

/* About whom polkit is asked. */
static int find_subject(const struct peer *peer, struct answer_ask *answer)
{
	const struct child client = { peer->pid, peer->pidfd };
	int result;

	answer->subject_pid = peer->pidfd >= 0 ? peer->pid : getpid();
	result = read_start_time((pid_t)answer->subject_pid, &answer->subject_start_time);
	/* As long as it has not ended, the number that was read is its own. */
	return result == 0 && peer->pidfd >= 0 && child_wait(&client, 0) ? -ESRCH : result;
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

int ask_start(struct child *asker, const struct account *account, const struct peer *peer,
	      struct answer_ask *answer_out)
{
	const pid_t helper = getpid();
	int ends[2], result = find_subject(peer, answer_out);
	pid_t pid;

	if (asker->pid != 0)
		return -EALREADY;
	if (result < 0)
		return result;
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
