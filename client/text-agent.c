/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* polkit's text agent at work on the terminal. */
#include "client/text-agent.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

/* The pipe that it closes when it is ready, in the agent. */
#define READY_FD 3
#define READY_ARGUMENT "--notify-fd=3"

/* polkit may have to be started for it. */
#define READY_TIMEOUT_MS 20000
#define END_TIMEOUT_MS 2000

extern char **environ;

/* What the child needs, made before the fork. */
struct plan {
	char *const *argv;
	pid_t parent;
	int ready_fd;
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
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * The child's side of the fork, by async-signal-safe calls only: the program may
 * have threads. It is told to end with us, and writes errno if it cannot start.
 */
static _Noreturn void become_agent(const struct plan *plan)
{
	int nothing, error;

	reset_signals();
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0 || getppid() != plan->parent)
		_exit(1);
	nothing = open("/dev/null", O_RDWR);
	if (nothing >= 0 && dup2(nothing, 0) >= 0 && dup2(nothing, 1) >= 0 &&
	    dup2(nothing, 2) >= 0 && dup2(plan->ready_fd, READY_FD) >= 0 &&
	    close_range(READY_FD + 1, ~0U, 0) == 0)
		(void)execve(VMGRANT_PKTTYAGENT, plan->argv, environ);
	error = errno;
	(void)!write(READY_FD, &error, sizeof error);
	_exit(1);
}

/*
 * Unlike fork(), runs no handlers that other libraries have registered. All signals
 * are blocked meanwhile: a handler of the program must not run in the child.
 */
static pid_t fork_agent(const struct plan *plan)
{
	sigset_t all, before;
	pid_t pid;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = _Fork();
	if (pid == 0)
		become_agent(plan);
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
	struct plan plan = { .argv = argv, .parent = getpid() };
	int error = -child_lift_fd(&ready[1], READY_FD);
	pid_t pid;

	if (error != 0)
		return error;
	(void)snprintf(process, sizeof process, "--process=%ld", (long)subject);
	plan.ready_fd = ready[1];
	pid = fork_agent(&plan);
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
		/* Stopped by Ctrl-Z it would not hear the other one. */
		child_signal(&agent->child, SIGTERM);
		child_signal(&agent->child, SIGCONT);
		if (!child_wait(&agent->child, END_TIMEOUT_MS))
			child_signal(&agent->child, SIGKILL);
		(void)child_reap(&agent->child, &info);
	}
	if (agent->terminal_fd >= 0 && is_foreground(agent->terminal_fd))
		(void)tcsetattr(agent->terminal_fd, TCSANOW, &agent->modes);
	child_close_fd(&agent->terminal_fd);
}
