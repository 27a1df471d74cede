/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* polkit's text agent at work on the terminal. */
#include "client/library/text-agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "wire/process/close-range.h"

/* The pipe that it closes when it is ready, in the agent. */
#define READY_FD 3
#define READY_ARGUMENT "--notify-fd=3"

/* polkit may have to be started for it. */
#define READY_TIMEOUT_MS 20000
#define END_TIMEOUT_MS 2000

extern char **environ;

/* What the children need, made before the fork. */
struct plan {
	char *const *argv;
	pid_t parent;
	int ready_fd;
	int terminal_fd;
	const struct termios *modes;
};

/* A program in the background would be stopped by the kernel for touching the terminal. */
static int is_foreground(int terminal_fd)
{
	return tcgetpgrp(terminal_fd) == getpgrp();
}

static int open_terminal(struct text_agent *agent)
{
	int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (!is_foreground(fd) || tcgetattr(fd, &agent->modes) < 0) {
		close(fd);
		return -1;
	}
	agent->terminal_fd = fd;
	return 0;
}

/* A program that ignores Ctrl-C does not mean that the person may not use it here. */
static void reset_signals(void)
{
	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL);
}

/* Writes errno if it cannot start. */
static _Noreturn void become_agent(const struct plan *plan, pid_t guardian)
{
	int nothing = open("/dev/null", O_RDWR), error;
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != guardian)
		_exit(1);
	if (nothing >= 0 && dup2(nothing, 0) >= 0 && dup2(nothing, 1) >= 0 &&
	    dup2(nothing, 2) >= 0 && dup2(plan->ready_fd, READY_FD) >= 0 &&
	    close_range(READY_FD + 1, ~0U, 0) == 0)
		(void)execve(VMGRANT_PKTTYAGENT, plan->argv, environ);
	error = errno;
	(void)!write(READY_FD, &error, sizeof error);
	_exit(1);
}

/* Until the agent has ended; one that is told to has END_TIMEOUT_MS for it. */
static void wait_for_agent(pid_t agent)
{
	/* Nothing is expected of it before that; no question takes so long. */
	struct timespec limit = { .tv_sec = 3600 };
	sigset_t awaited;

	(void)sigemptyset(&awaited);
	(void)sigaddset(&awaited, SIGTERM);
	(void)sigaddset(&awaited, SIGCHLD);
	while (waitpid(agent, NULL, WNOHANG) == 0) {
		int number = sigtimedwait(&awaited, NULL, &limit);

		if (number == SIGCHLD || (number < 0 && errno == EINTR))
			continue;
		(void)kill(agent, number == SIGTERM ? SIGTERM : SIGKILL);
		/* Stopped by Ctrl-Z it would not hear the other one. */
		(void)kill(agent, SIGCONT);
		limit.tv_sec = END_TIMEOUT_MS / 1000;
	}
}

/*
 * The child: starts the agent, is told to end with us, and gives the terminal its
 * modes back however the agent ended and whatever became of us. By async-signal-safe
 * calls only: the program may have threads. All signals stay blocked, so that the
 * person's Ctrl-C ends the agent only, and a terminal that a shell has taken back in
 * the meantime can be restored.
 */
static _Noreturn void become_guardian(const struct plan *plan)
{
	pid_t guardian = getpid(), agent;

	reset_signals();
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != plan->parent)
		_exit(1);
	agent = _Fork();
	if (agent == 0)
		become_agent(plan, guardian);
	/* What the program has open must not live on here. */
	if (dup2(plan->terminal_fd, READY_FD) < 0 || close_range(READY_FD + 1, ~0U, 0) < 0)
		_exit(1);
	for (int fd = 0; fd < READY_FD; fd++)
		close(fd);
	if (agent > 0)
		wait_for_agent(agent);
	(void)tcsetattr(READY_FD, TCSANOW, plan->modes);
	_exit(0);
}

/*
 * Unlike fork(), runs no handlers that other libraries have registered. All signals
 * are blocked meanwhile: a handler of the program must not run in the child.
 */
static pid_t fork_guardian(const struct plan *plan)
{
	sigset_t all, before;
	pid_t pid;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = _Fork();
	if (pid == 0)
		become_guardian(plan);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid;
}

/* Returns 0 when the agent is ready or has ended, else the error number of its start. */
static int wait_ready(int fd)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	int error = 0, ready;

	do {
		ready = poll(&readable, 1, READY_TIMEOUT_MS);
	} while (ready < 0 && errno == EINTR);
	if (ready == 0)
		return ETIMEDOUT;
	return read(fd, &error, sizeof error) == (ssize_t)sizeof error ? error : 0;
}

static int start(struct text_agent *agent, pid_t subject, int ready[2])
{
	char process[32];
	char *const argv[] = { (char[]){ "pkttyagent" }, process, (char[]){ READY_ARGUMENT },
			       NULL };
	struct plan plan = { .argv = argv, .parent = getpid(), .modes = &agent->modes };
	int error = -child_lift_fd(&ready[1], READY_FD);
	pid_t pid;

	if (error == 0)
		error = -child_lift_fd(&agent->terminal_fd, READY_FD);
	if (error != 0)
		return error;
	(void)snprintf(process, sizeof process, "--process=%ld", (long)subject);
	plan.ready_fd = ready[1];
	plan.terminal_fd = agent->terminal_fd;
	pid = fork_guardian(&plan);
	if (pid < 0)
		return errno;
	child_adopt(&agent->child, pid);
	child_close_fd(&ready[1]);
	return wait_ready(ready[0]);
}

const char *text_agent_start(struct text_agent *agent, pid_t subject)
{
	int ready[2], error;

	*agent = (struct text_agent){ .child.pidfd = -1, .terminal_fd = -1 };
	if (open_terminal(agent) < 0)
		return "there is no terminal to ask on";
	if (pipe2(ready, O_CLOEXEC) < 0)
		return "too many files are open";
	error = start(agent, subject, ready);
	child_close_fd(&ready[0]);
	child_close_fd(&ready[1]);
	switch (error) {
	case 0:
		return NULL;
	case ENOENT:
		return VMGRANT_PKTTYAGENT " is not installed";
	case ETIMEDOUT:
		return VMGRANT_PKTTYAGENT " does not get ready";
	default:
		return VMGRANT_PKTTYAGENT " cannot be started";
	}
}

void text_agent_end(struct text_agent *agent)
{
	siginfo_t info;

	if (agent->child.pid != 0) {
		child_signal(&agent->child, SIGTERM);
		if (!child_wait(&agent->child, 2 * END_TIMEOUT_MS))
			child_signal(&agent->child, SIGKILL);
		(void)child_reap(&agent->child, &info);
	}
	child_close_fd(&agent->terminal_fd);
}
