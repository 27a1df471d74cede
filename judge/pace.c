/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* How fast a client of the service is refused: a few at once, then some a second. */
#include "judge/pace.h"

#include <poll.h>
#include <stddef.h>

#include "wire/process/clock.h"

/* With 32 connections of a user, and 20 new ones a second: at most 360 refusals a second. */
#define AT_ONCE 10
#define EACH_MS 200

int pace_wait_ms(struct pace *pace, long long now_ms)
{
	const long long saved_ms = (long long)AT_ONCE * EACH_MS;

	if (pace->paid_ms < now_ms - saved_ms)
		pace->paid_ms = now_ms - saved_ms;
	pace->paid_ms += EACH_MS;
	return pace->paid_ms > now_ms ? (int)(pace->paid_ms - now_ms) : 0;
}

void pace_refusal(struct pace *pace)
{
	const int wait_ms = pace_wait_ms(pace, clock_now_ms());

	if (wait_ms > 0)
		(void)poll(NULL, 0, wait_ms);
}
