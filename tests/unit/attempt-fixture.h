/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Attempts of a process that has confined itself. A test file includes cmocka first. */
#ifndef VMGRANT_TESTS_UNIT_ATTEMPT_FIXTURE_H
#define VMGRANT_TESTS_UNIT_ATTEMPT_FIXTURE_H

#include <errno.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define BROKEN 255 /* the process could not be confined */

typedef long (*attempt)(void);

/*
 * What became of an attempt behind enter(), which returns 0 or -1: 0 it worked, an errno, or
 * minus a signal. NULL: behind nothing.
 */
static inline int outcome(int (*enter)(void), attempt try)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		long result;

		if (enter != NULL && enter() < 0)
			_exit(BROKEN);
		errno = 0;
		result = try();
		_exit(result >= 0 ? 0 : errno);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

#endif
