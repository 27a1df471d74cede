/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What the process inherited from its caller, made harmless. Full privilege. */
#include "helper/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#define DEFAULT_TIMER_SLACK_NS 50000UL

/* From linux/ioprio.h, which older headers do not have. */
#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_NONE 0

/* Since Linux 6.4, which older headers do not have. */
#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#endif

/* The kernel's; libc's SIGRTMIN begins behind those that it keeps for itself. */
#define FIRST_REAL_TIME 32

/* An fd opened later must never become one that the program writes messages to. */
static int fill_standard_fds(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (errno != EBADF || open("/dev/null", O_RDWR) != fd)
			return -1;
	}
	return 0;
}

/*
 * Ignored signals, the mask, and signals that wait behind it survive exec: QEMU
 * blocks SIGCHLD, a shell may ignore SIGPIPE. Ignoring a waiting signal discards
 * it. Nothing here or in the asker depends on what the real-time signals do, so that
 * these are only discarded; the first two of them belong to libc, which refuses.
 */
static int reset_signals(void)
{
	const struct sigaction by_default = { .sa_handler = SIG_DFL };
	const struct sigaction ignored = { .sa_handler = SIG_IGN };
	sigset_t waiting, none;

	if (sigpending(&waiting) < 0)
		return -1;
	for (int number = 1; number < _NSIG; number++) {
		if (number == SIGKILL || number == SIGSTOP)
			continue;
		if (sigismember(&waiting, number) == 1 &&
		    sigaction(number, &ignored, NULL) < 0 && errno != EINVAL)
			return -1;
		if (number < FIRST_REAL_TIME && sigaction(number, &by_default, NULL) < 0)
			return -1;
	}
	sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Interval timers survive exec and would end the program in the middle. */
static int reset_timers(void)
{
	const struct itimerval never = { 0 };

	if (setitimer(ITIMER_REAL, &never, NULL) < 0 ||
	    setitimer(ITIMER_VIRTUAL, &never, NULL) < 0 || setitimer(ITIMER_PROF, &never, NULL) < 0)
		return -1;
	return 0;
}

/* An enumeration to glibc, a number to others. */
#ifdef __GLIBC__
typedef __rlimit_resource_t resource_name;
#else
typedef int resource_name;
#endif

static int raise_soft(resource_name resource)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) < 0)
		return -1;
	if (limit.rlim_cur == limit.rlim_max)
		return 0;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(resource, &limit);
}

/*
 * Soft limits go up to the hard ones, which are the caller's true bounds; a
 * limit that is still too small makes a call fail, and so the request. The
 * stack's is left alone: without one the asker would get another memory layout.
 * A core file of this process could hold what the caller may not read. The number of
 * processes counts for the account in judge and asker: others must not be able to use
 * it up. A timer takes a signal of those that may be pending.
 */
static int set_limits(void)
{
	static const resource_name raised[] = {
		RLIMIT_NOFILE, RLIMIT_AS, RLIMIT_DATA, RLIMIT_FSIZE, RLIMIT_CPU,
	};
	const struct rlimit no_core = { 0, 0 }, no_bound = { RLIM_INFINITY, RLIM_INFINITY };

	if (setrlimit(RLIMIT_CORE, &no_core) < 0)
		return -1;
	/* Where the privilege for it is missing, the caller's limit counts: then starting fails. */
	if (setrlimit(RLIMIT_NPROC, &no_bound) < 0)
		(void)raise_soft(RLIMIT_NPROC);
	if (setrlimit(RLIMIT_SIGPENDING, &no_bound) < 0)
		(void)raise_soft(RLIMIT_SIGPENDING);
	for (size_t i = 0; i < sizeof raised / sizeof raised[0]; i++) {
		if (raise_soft(raised[i]) < 0)
			return -1;
	}
	return 0;
}

/*
 * A huge timer slack makes every wait endless; 0 would mean the caller's own default, so
 * the kernel's is written out.
 */
static int set_process_flags(void)
{
	if (prctl(PR_SET_TIMERSLACK, DEFAULT_TIMER_SLACK_NS, 0, 0, 0) < 0)
		return -1;
#ifdef PR_SET_TSC
	/* Other architectures have no such thing. */
	(void)prctl(PR_SET_TSC, PR_TSC_ENABLE, 0, 0, 0);
#endif
	(void)prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
	/* An older kernel does not know it, and its exec forgets it. */
	(void)prctl(PR_SET_MEMORY_MERGE, 0, 0, 0, 0);
	return prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) < 0 ? -1
							    : prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/*
 * How the process is scheduled. A container may forbid some of it; then the process is
 * slower and nothing else.
 */
static void set_scheduling(void)
{
	static const struct sched_param none = { .sched_priority = 0 };
	cpu_set_t all;

	memset(&all, 0xff, sizeof all);
	(void)sched_setaffinity(0, sizeof all, &all);
	(void)sched_setscheduler(0, SCHED_OTHER, &none);
	if (getpriority(PRIO_PROCESS, 0) > 0)
		(void)setpriority(PRIO_PROCESS, 0, 0);
	(void)syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, IOPRIO_NONE);
	(void)personality(PER_LINUX);
}

enum reply_code process_secure(struct refusal *why)
{
	const char *what = NULL;

	if (fill_standard_fds() < 0)
		what = "file descriptors 0 to 2";
	else if (clearenv() != 0)
		what = "environment";
	else if (reset_signals() < 0)
		what = "signals";
	else if (reset_timers() < 0)
		what = "timers";
	else if (set_limits() < 0)
		what = "limits";
	else if (set_process_flags() < 0)
		what = "process flags";
	else if (chdir("/") < 0)
		what = "working directory";
	umask(077);
	set_scheduling();
	if (what != NULL)
		return refuse(why, REPLY_INTERNAL, "start: cannot reset the inherited %s: %s", what,
			      strerror(errno));
	return REPLY_GRANTED;
}

static int close_between(unsigned first, unsigned last)
{
	if (first > last)
		return 0;
	return syscall(SYS_close_range, first, last, 0) < 0 ? -errno : 0;
}

/* The lowest of them that is first or above; INT_MAX: there is none. */
static int lowest_from(int first, const int *kept, size_t count)
{
	int lowest = INT_MAX;

	for (size_t i = 0; i < count; i++) {
		if (kept[i] >= first && kept[i] < lowest)
			lowest = kept[i];
	}
	return lowest;
}

int process_close_but(const int *kept, size_t count)
{
	int first = STDERR_FILENO + 1, next, result = 0;

	for (next = lowest_from(first, kept, count); next != INT_MAX && result == 0;
	     next = lowest_from(first, kept, count)) {
		result = close_between((unsigned)first, (unsigned)next - 1);
		first = next + 1;
	}
	return result == 0 ? close_between((unsigned)first, UINT_MAX) : result;
}
