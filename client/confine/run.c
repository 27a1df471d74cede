/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Run a program shut in, in three processes. What each has and has not:
 *
 * 1. This one is the person. It makes namespaces with the next process in them, lets systemd put
 *    that into a scope and newuidmap map the program's id, closes all that is the program's, hands on signals and waits.
 * 2. Process 1 of the namespaces has all capabilities over these, and over nothing else. It makes
 *    a root folder, drops every capability, and enters Landlock and the filter. It keeps the lock
 *    of the ids, so that they are free when nothing runs under them any more.
 * 3. The program, its child, has the same walls and the person's grants.
 *
 * Where --confine=best does without namespaces, 2 and 3 are as they are, and see more.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/confine/confine.h"
#include "client/confine/inside.h"
#include "client/confine/landlock.h"
#include "client/confine/place-open.h"
#include "client/confine/scope.h"
#include "client/confine/viewers.h"
#include "client/text/language.h"
#include "client/text/message.h"
#include "client/text/text.h"
#include "wire/process/close-range.h"

void confine_say(const char *what, const char *why)
{
	/* Whole at once: several processes share standard error. */
	char *line = text_format("vmgrant: --confine: %s: %s\n", what, why);

	language_clean(line);
	line[strlen(line) - 1] = '\n';
	(void)!write(2, line, strlen(line));
	free(line);
}

int confine_fail(const char *what, int error)
{
	confine_say(what, strerror(error));
	return -1;
}

/* As fork() does, in new namespaces. */
static pid_t fork_into(int flags)
{
#ifdef __s390x__
	return (pid_t)syscall(SYS_clone, NULL, (unsigned long)(flags | SIGCHLD), NULL, NULL, 0);
#else
	return (pid_t)syscall(SYS_clone, (unsigned long)(flags | SIGCHLD), NULL, NULL, NULL, 0);
#endif
}

static pid_t start_inside(struct inside *inside, const int ends[2])
{
	int flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS |
		    (inside->confine->keeps_network ? 0 : CLONE_NEWNET);
	pid_t pid;

	inside->has_namespaces = 1;
	pid = fork_into(flags);
	if (pid < 0 && inside->confine->level == CONFINE_BEST) {
		(void)confine_fail(_("goes on without namespaces"), errno);
		inside->has_namespaces = 0;
		pid = fork();
	}
	if (pid == 0) {
		close(ends[0]);
		inside->report_fd = ends[1];
		inside_become(inside);
	}
	return pid;
}

/* ---- the person's process ---- */

/* A control group and ids, and let the other go on. Returns 0 or -1. */
static int settle(const struct inside *inside, pid_t pid, int report_fd)
{
	if (confine_scope_enter(inside->confine, pid) < 0)
		return -1;
	if (inside->has_namespaces && confine_ids_map(&inside->confine->ids, pid) < 0)
		return -1;
	return write(report_fd, "", 1) == 1 ? 0 : confine_fail(_("its start"), errno);
}

static int exit_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Ctrl-Z stops both; what stopped this one by other means is nobody's business. */
static void hand_on(pid_t pid, int number)
{
	(void)kill(pid, number);
	if (number == SIGTSTP)
		(void)raise(SIGSTOP);
}

/* The program's wait status, or that of process 1 if it has none to tell. */
static int wait_for(const struct confine *confine, pid_t pid, int report_fd, int signal_fd)
{
	struct confine_viewers viewers = confine->viewers;
	struct pollfd ready[] = { { .fd = report_fd, .events = POLLIN },
				  { .fd = signal_fd, .events = POLLIN },
				  { .events = POLLIN },
				  { .events = POLLIN } };
	struct signalfd_siginfo signal;
	int status = 0, end = 0;

	viewers_begin(&viewers);
	for (;;) {
		/* One that is -1 is passed over. */
		ready[2].fd = viewers.listen_fd;
		ready[3].fd = viewers.monitor_fd;
		if (poll(ready, 4, -1) < 0)
			continue;
		if (ready[2].revents != 0)
			viewers_accept(&viewers);
		if (ready[3].revents != 0 && viewers.monitor_fd >= 0)
			viewers_drain(&viewers);
		if (ready[1].revents != 0 &&
		    read(signal_fd, &signal, sizeof signal) == (ssize_t)sizeof signal &&
		    signal.ssi_signo != SIGCHLD)
			hand_on(pid, (int)signal.ssi_signo);
		if (ready[0].revents == 0)
			continue;
		if (recv(report_fd, &status, sizeof status, 0) == (ssize_t)sizeof status &&
		    confine->may_stay)
			return exit_status(status);
		/* With process 1 the kernel ends the rest; then the ids are free. */
		(void)waitpid(pid, &end, 0);
		return exit_status(status != 0 ? status : end);
	}
}

static int by_number(const void *left, const void *right)
{
	return *(const int *)left - *(const int *)right;
}

/* All but the standard ones, the report, and where viewers come. */
static void close_rest(const struct confine_viewers *viewers, int report_fd)
{
	int kept[] = { 2, report_fd, viewers->listen_fd, viewers->monitor_fd };
	const size_t count = viewers->protocol == NULL ? 2 : 4;

	qsort(kept, count, sizeof kept[0], by_number);
	for (size_t i = 1; i < count; i++) {
		if (kept[i] > kept[i - 1] + 1)
			(void)close_range((unsigned)kept[i - 1] + 1, (unsigned)kept[i] - 1, 0);
	}
	(void)close_range((unsigned)kept[count - 1] + 1, ~0u, 0);
}

static int watch(const struct inside *inside, pid_t pid, int report_fd)
{
	int signal_fd;

	close_rest(&inside->confine->viewers, report_fd);
	signal_fd = signalfd(-1, &inside->signals, SFD_CLOEXEC);
	if (signal_fd < 0) {
		/* Which ends the program, too. */
		return confine_fail(_("signals"), errno), INSIDE_FAILED;
	}
	return wait_for(inside->confine, pid, report_fd, signal_fd);
}

int confine_run(struct confine *confine, const char *program, char **argv)
{
	struct inside inside = {
		.confine = confine, .program = program, .argv = argv,
	};
	int ends[2];
	pid_t pid;

	if (confine_landlock_abi() == 0) {
		(void)confine_fail("Landlock", ENOSYS);
		if (confine->level == CONFINE_WHOLE)
			return INSIDE_FAILED;
	}
	/* They belong to the network, which was asked for. */
	if (confine->keeps_network && confine_landlock_abi() < CONFINE_LANDLOCK_SCOPES)
		confine_say("net-host",
			    _("abstract sockets of the host, as X servers have, are open "
			      "before Linux 6.12"));
	if (place_judge_all(confine) < 0)
		return INSIDE_FAILED;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return confine_fail(_("a socket pair"), errno), INSIDE_FAILED;
	(void)sigfillset(&inside.signals);
	(void)sigprocmask(SIG_SETMASK, &inside.signals, &inside.before);
	pid = start_inside(&inside, ends);
	close(ends[1]);
	place_leave_all(confine);
	if (pid < 0)
		return confine_fail(_("namespaces cannot be made: --confine=best goes on without"),
				    errno),
		       INSIDE_FAILED;
	/* Without its byte the other ends by itself. */
	if (settle(&inside, pid, ends[0]) < 0) {
		close(ends[0]);
		(void)waitpid(pid, NULL, 0);
		return INSIDE_FAILED;
	}
	return watch(&inside, pid, ends[0]);
}
