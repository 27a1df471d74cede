/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What the tests of the library share: requests to the stand-in, and a look at what is left. */
#ifndef VMGRANT_TESTS_UNIT_LIBRARY_FIXTURE_H
#define VMGRANT_TESTS_UNIT_LIBRARY_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>

#include "client/library/vmgrant.h"

static inline unsigned count_fds(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned count = 0;

	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	return count;
}

/* Every test ends with as many open files as it began with, and with no child. */
static inline int begin(void **state)
{
	*state = (void *)(uintptr_t)count_fds();
	return 0;
}

static inline int end(void **state)
{
	if ((uintptr_t)*state != count_fds()) {
		print_error("%u files are open, there were %u\n", count_fds(),
			    (unsigned)(uintptr_t)*state);
		return -1;
	}
	return waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD ? 0 : -1;
}

static inline struct vmgrant_connection *connect_to(const char *helper)
{
	struct vmgrant_connection *connection = vmgrant_connect(helper);

	assert_non_null(connection);
	return connection;
}

static inline enum vmgrant_code ask(struct vmgrant_connection *connection, const char *bridge,
				    unsigned queues, unsigned flags, struct vmgrant_tap *tap)
{
	struct vmgrant_tap_request request = {
		.size = sizeof request, .bridge = bridge, .queues = queues, .flags = flags,
	};

	memset(tap, 0x55, sizeof *tap);
	tap->size = sizeof *tap;
	return vmgrant_tap(connection, &request, tap);
}

/* What whoever started the tests left open is no business of the library. */
static inline void keep_inherited_fds_from_helpers(void)
{
	for (int fd = 3; fd < 1024; fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
