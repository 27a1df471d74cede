/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The calls of a helper and of all that it forks: counted, and one of them chosen. */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/attack/fault-injector.h"

/* The longest that anything here may take is a request's own end, and that of its judge. */
#define HANG_MS (100 * 1000)
#define STOP_WAIT_US 50
#define STOP_TRIES 400

static int task_of(struct run *run, pid_t tid)
{
	for (uint32_t i = 0; i < run->tasks; i++) {
		if (run->tids[i] == tid)
			return (int)i;
	}
	need(run->tasks < TASKS_MAX, "too many tasks");
	run->tids[run->tasks] = tid;
	return (int)run->tasks++;
}

/* What never returns has no result; what the kernel cannot fail is not made to. */
static int can_fail(int system_call)
{
	static const int sure[] = {
		SYS_exit,        SYS_exit_group, SYS_rt_sigreturn, SYS_close,
		SYS_brk,         SYS_getuid,     SYS_geteuid,      SYS_getgid,
		SYS_getegid,     SYS_getpid,     SYS_getppid,      SYS_gettid,
		SYS_setfsuid,    SYS_setfsgid,   SYS_umask,        SYS_set_tid_address,
		SYS_sched_yield,
#ifdef SYS_alarm
		SYS_alarm,
#endif
	};

	for (size_t i = 0; i < sizeof sure / sizeof sure[0]; i++) {
		if (system_call == sure[i])
			return 0;
	}
	return 1;
}

static int is_stopped(pid_t tid)
{
	char path[40], text[256];
	const char *state;
	ssize_t length;
	int fd;

	(void)snprintf(path, sizeof path, "/proc/%d/stat", tid);
	fd = open(path, O_RDONLY);
	length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	if (length <= 0)
		return 1; /* it is gone */
	text[length] = '\0';
	state = strrchr(text, ')');
	return state == NULL || state[2] == 'T' || state[2] == 'Z' || state[2] == 'X';
}

/* Of the helper: in what it says and in its end nothing may be raised. */
static void look_at_capabilities(struct run *run, const struct seccomp_notif *asked)
{
	char path[40], text[4096];
	const char *line;
	ssize_t length;
	int fd;

	if (asked->data.nr != SYS_exit_group &&
	    !(asked->data.nr == SYS_write && asked->data.args[0] == 2))
		return;
	(void)snprintf(path, sizeof path, "/proc/%d/status", (int)asked->pid);
	fd = open(path, O_RDONLY);
	length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	if (length <= 0)
		return; /* it was killed */
	text[length] = '\0';
	line = strstr(text, "CapEff:");
	need(line != NULL, "CapEff");
	run->report.effective |= strtoull(line + 7, NULL, 16);
}

static void let_it_stand(pid_t tid)
{
	const struct timespec moment = { .tv_nsec = STOP_WAIT_US * 1000L };

	for (int i = 0; i < STOP_TRIES && !is_stopped(tid); i++)
		(void)nanosleep(&moment, NULL);
	(void)kill(tid, SIGCONT);
}

static int is_chosen(struct run *run, int task, uint32_t number, int system_call)
{
	const struct command *command = &run->command;

	if (command->action == ACTION_NONE || run->report.is_fired ||
	    (uint32_t)task != command->task || number != command->number)
		return 0;
	if (command->action == ACTION_FAIL && !can_fail(system_call))
		return 0;
	run->report.is_fired = 1;
	run->report.system_call = (uint32_t)system_call;
	return 1;
}

static void remember(struct run *run, int task, int system_call)
{
	if (run->command.wants_calls && run->call_count < CALLS_MAX)
		run->calls[run->call_count++] =
			(struct call){ (uint16_t)task, (uint16_t)system_call };
}

static void answer(const struct run *run, const struct seccomp_notif *asked, int error, int is_done)
{
	struct seccomp_notif_resp response = {
		.id = asked->id,
		.error = -error,
		.flags = error == 0 && !is_done ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0,
	};

	/* ENOENT: it was killed meanwhile. */
	need(ioctl(run->listener, SECCOMP_IOCTL_NOTIF_SEND, &response) == 0 || errno == ENOENT,
	     "an answer");
}

static void serve_call(struct run *run)
{
	struct seccomp_notif asked = { 0 };
	const struct command *command = &run->command;
	int task, system_call, is_now;

	if (ioctl(run->listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) < 0) {
		need(errno == ENOENT || errno == EINTR, "a call");
		return;
	}
	system_call = asked.data.nr;
	/*
	 * Our own child's setresuid and execve, and the loader, which crashes where a call fails it,
	 * are no cases: main() is near its beginning when it asks for waiting signals.
	 */
	run->is_started = run->is_started || system_call == SYS_rt_sigpending;
	if (!run->is_started) {
		answer(run, &asked, 0, 0);
		return;
	}
	task = task_of(run, (pid_t)asked.pid);
	is_now = is_chosen(run, task, run->counts[task]++, system_call);
	remember(run, task, system_call);
	if (task == 0)
		look_at_capabilities(run, &asked);
	if (is_now && command->action == ACTION_KILL)
		(void)kill((pid_t)asked.pid, SIGKILL);
	if (is_now && command->action == ACTION_STOP)
		(void)kill((pid_t)asked.pid, SIGSTOP);
	answer(run, &asked, is_now && command->action == ACTION_FAIL ? command->error : 0,
	       command->answers_ioctl && system_call == SYS_ioctl);
	if (is_now && command->action == ACTION_STOP)
		let_it_stand((pid_t)asked.pid);
}

/* Until nobody is left who has the filter. */
void serve_calls(struct run *run)
{
	struct pollfd calls = { .fd = run->listener, .events = POLLIN };

	for (;;) {
		int count = poll(&calls, 1, HANG_MS);

		need(count >= 0, "poll");
		if (count == 0) {
			run->report.is_hanging = 1;
			for (uint32_t i = 0; i < run->tasks; i++)
				(void)kill(run->tids[i], SIGKILL);
			return;
		}
		if ((calls.revents & POLLIN) != 0)
			serve_call(run);
		else if ((calls.revents & (POLLHUP | POLLERR)) != 0)
			return;
	}
}
