/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The end of a process that takes too long, also of one that its caller has stopped.
 *
 * A timer that sends SIGKILL: SIGALRM would stay pending in a stopped process, which
 * keeps what it holds. One timer, set anew for what the process is doing, and one for all of it.
 */
#ifndef VMGRANT_HELPER_TIME_LIMIT_H
#define VMGRANT_HELPER_TIME_LIMIT_H

#include <time.h>

struct time_limit {
	timer_t timer;
	long long end_ms; /* of the request under way, by clock_now_ms(); 0: none */
};

/* Whoever asked blocks until then. Longer than the judge gives itself. */
#define TIME_LIMIT_REQUEST_MS (32 * 1000)
/* A person reads a dialog and looks for a password; longer than the judge waits for the asker. */
#define TIME_LIMIT_PROMPT_MS (335 * 1000)
/* A client of the service is not served for longer by the rights and the program of an older day. */
#define TIME_LIMIT_SERVICE_MS (15 * 60 * 1000)

/* Make the timer and begin a request. Returns 0, or -errno: nothing may be done without it. */
int time_limit_start(struct time_limit *limit, long long duration_ms);

/* Begin the next request; a duration of 0 is a wait for nothing of ours. */
void time_limit_begin(struct time_limit *limit, long long duration_ms);

/* Between these two the process ends after so long, if not earlier anyhow. */
void time_limit_shorten(struct time_limit *limit, long long duration_ms);
void time_limit_restore(struct time_limit *limit);

#endif
