/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The end of a process that takes too long. */
#include "helper/time-limit.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "wire/process/clock.h"

/* end_ms 0 stops the timer. Without a timer nothing goes on. */
static void set(const struct time_limit *limit, long long end_ms)
{
	const struct itimerspec when = {
		.it_value = { .tv_sec = end_ms / 1000, .tv_nsec = end_ms % 1000 * 1000000 },
	};

	if (timer_settime(limit->timer, TIMER_ABSTIME, &when, NULL) < 0)
		abort();
}

int time_limit_start(struct time_limit *limit, long long duration_ms)
{
	struct sigevent kill = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL };

	if (timer_create(CLOCK_MONOTONIC, &kill, &limit->timer) < 0)
		return -errno;
	time_limit_begin(limit, duration_ms);
	return 0;
}

void time_limit_begin(struct time_limit *limit, long long duration_ms)
{
	limit->end_ms = duration_ms != 0 ? clock_now_ms() + duration_ms : 0;
	set(limit, limit->end_ms);
}

void time_limit_shorten(struct time_limit *limit, long long duration_ms)
{
	long long end_ms = clock_now_ms() + duration_ms;

	set(limit, limit->end_ms != 0 && limit->end_ms < end_ms ? limit->end_ms : end_ms);
}

void time_limit_restore(struct time_limit *limit)
{
	set(limit, limit->end_ms);
}
