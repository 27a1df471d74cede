/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Attempts inside and outside of the judge's sandbox. A test file includes cmocka first. */
#ifndef VMGRANT_TESTS_UNIT_SANDBOX_FIXTURE_H
#define VMGRANT_TESTS_UNIT_SANDBOX_FIXTURE_H

#include <errno.h>
#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "judge/sandbox.h"

/* What became of an attempt inside: 0 it worked, an errno, or minus a signal. */
#define BROKEN 255 /* the sandbox could not be entered */

typedef long (*attempt)(void);

static inline int inside(attempt try)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct refusal why;
		long result;

		if (judge_sandbox_enter(&why) != REPLY_GRANTED)
			_exit(BROKEN);
		errno = 0;
		result = try();
		_exit(result >= 0 ? 0 : errno);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* The same without the sandbox: an attempt that fails anyway would show nothing. */
static inline int outside(attempt try)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(try() >= 0 ? 0 : errno);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
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
