/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Files for a program that opens them by path and cannot be told to use an fd.
 *
 * This process gets a seccomp filter that reports each of its opens to a supervisor,
 * a process of the same user without any more rights. The supervisor answers opens of
 * the granted paths with the granted files and lets the kernel do all others. It ends
 * when the last process with the filter has ended.
 */
#ifndef VMGRANT_CLIENT_COMMAND_KIND_VFIO_OPEN_BROKER_H
#define VMGRANT_CLIENT_COMMAND_KIND_VFIO_OPEN_BROKER_H

#include <stddef.h>

enum open_broker_use {
	OPEN_BROKER_ALWAYS = 1, /* each open gets the same open file */
	OPEN_BROKER_ONCE,       /* one open gets it, the kernel does the next */
};

struct open_broker_file {
	const char *path; /* as the program writes it, shorter than OPEN_BROKER_PATH_SIZE */
	int fd;           /* borrowed: the supervisor has a copy */
	enum open_broker_use use;
};

#define OPEN_BROKER_PATH_SIZE 64
#define OPEN_BROKER_FILES_MAX 64

/*
 * Start a supervisor for this process and what it becomes by exec. The process may
 * have one thread only. From now on it has no_new_privs: no setuid program that it
 * starts gains anything.
 *
 * Returns 0, or -errno with *what_out, a phrase about what failed; then the process
 * may be left with a filter that lets no open succeed, and should end.
 */
int open_broker_start(const struct open_broker_file *files, size_t count, const char **what_out);

/*
 * The two halves of it, for a program that is a child in namespaces of its own: start the
 * supervisor outside, and join it last before exec. The files are the supervisor's from then on.
 *
 * *socket_out  closed on exec, consumed by open_broker_join(); to be closed where that is not called
 *
 * Return 0 or -errno as above.
 */
int open_broker_fork(const struct open_broker_file *files, size_t count, int *socket_out,
		     const char **what_out);
int open_broker_join(int socket_fd, const char **what_out);

#endif
