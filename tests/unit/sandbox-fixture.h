/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Attempts inside and outside of the judge's sandbox. A test file includes cmocka first. */
#ifndef VMGRANT_TESTS_UNIT_SANDBOX_FIXTURE_H
#define VMGRANT_TESTS_UNIT_SANDBOX_FIXTURE_H

#include <signal.h>

#include "judge/sandbox/sandbox.h"
#include "tests/unit/attempt-fixture.h"

static inline int enter_sandbox(void)
{
	struct refusal why;

	return judge_sandbox_enter(&why) == REPLY_GRANTED ? 0 : -1;
}

static inline int inside(attempt try)
{
	return outcome(enter_sandbox, try);
}

/* The same without the sandbox: an attempt that fails anyway would show nothing. */
static inline int outside(attempt try)
{
	return outcome(NULL, try);
}

#define assert_killed(try) assert_int_equal(inside(try), -SIGSYS)
#define assert_refused(try)                                                                        \
	do {                                                                                       \
		assert_int_equal(outside(try), 0);                                                 \
		assert_int_equal(inside(try), EPERM);                                              \
	} while (0)
/* Whoever may not do it at all shows nothing but that the filter comes first. */
#define assert_stopped(try) assert_int_equal(inside(try), EPERM)
#define assert_works(try) assert_int_equal(inside(try), 0)

#endif
