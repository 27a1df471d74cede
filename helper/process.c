/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the process inherited from its caller, made harmless. Full privilege. */
#include "helper/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "helper/privileges.h"

#define DEFAULT_TIMER_SLACK_NS 50000UL

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

/*
 * Soft limits go up to the hard ones, which are the caller's true bounds; a
 * limit that is still too small makes a call fail, and so the request. The
 * stack's is left alone: without one the asker would get another memory layout.
 * A core file of this process could hold what the caller may not read.
 */
static int set_limits(void)
{
	static const __rlimit_resource_t raised[] = {
		RLIMIT_NOFILE, RLIMIT_AS, RLIMIT_DATA, RLIMIT_FSIZE, RLIMIT_CPU,
	};
	const struct rlimit no_core = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &no_core) < 0)
		return -1;
	for (size_t i = 0; i < sizeof raised / sizeof raised[0]; i++) {
		struct rlimit limit;

		if (getrlimit(raised[i], &limit) < 0)
			return -1;
		if (limit.rlim_cur == limit.rlim_max)
			continue;
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(raised[i], &limit) < 0)
			return -1;
	}
	return 0;
}

/*
 * Timer slack survives exec, and a huge one makes every wait endless; 0 would
 * mean the caller's own default, so the kernel's is written out.
 */
static int set_process_flags(void)
{
	if (prctl(PR_SET_TIMERSLACK, DEFAULT_TIMER_SLACK_NS, 0, 0, 0) < 0)
		return -1;
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
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
	if (what != NULL)
		return refuse(why, REPLY_INTERNAL, "start: cannot reset the inherited %s: %s", what,
			      strerror(errno));
	return REPLY_GRANTED;
}

/*
 * Only what is async-signal-safe. Nothing needs to be undone: the kernel does it.
 * Nor may whoever does not read the sentence hold us: a second alarm kills.
 */
static void end_of_time(int number)
{
	static const char sentence[] = "vmgrant-helper: no answer in time: the machine is too busy, "
				       "or its list of users does not answer: try again\n";
	ssize_t written;

	(void)alarm(1);
	privileges_speak_as_caller();
	written = write(STDERR_FILENO, sentence, sizeof sentence - 1);
	(void)number;
	(void)written;
	_exit(REPLY_INTERNAL);
}

void process_limit_time(unsigned seconds)
{
	const struct sigaction end = {
		.sa_handler = end_of_time,
		.sa_flags = (int)(SA_RESETHAND | SA_NODEFER),
	};

	if (seconds != 0)
		(void)sigaction(SIGALRM, &end, NULL);
	(void)alarm(seconds);
}

static int close_between(unsigned first, unsigned last)
{
	return first <= last ? close_range(first, last, 0) : 0;
}

enum reply_code process_close_fds(int keep_fd, struct refusal *why)
{
	unsigned kept = keep_fd < 3 ? 2 : (unsigned)keep_fd;

	if (close_between(3, kept - 1) < 0 || close_between(kept + 1, UINT_MAX) < 0)
		return refuse(why, REPLY_INTERNAL, "start: cannot close inherited files: %s",
			      strerror(errno));
	return REPLY_GRANTED;
}
