/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The seccomp filter that reports opens, and what a report says.
 */
#ifndef VMGRANT_CLIENT_COMMAND_KIND_VFIO_OPEN_FILTER_H
#define VMGRANT_CLIENT_COMMAND_KIND_VFIO_OPEN_FILTER_H

#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Give this process the filter. Returns the listener's fd, close-on-exec, or -errno;
 * -EBUSY: it has a filter with a listener already.
 */
int open_filter_install(void);

/*
 * Which path was to be opened, and with which of the flags that stay with an fd.
 * Returns 0, or -errno: the memory cannot be read, or the path is longer than size.
 */
int open_filter_read(const struct seccomp_notif *report, char *path, size_t size,
		     unsigned *fd_flags_out);

/* A string out of another process's memory. Returns 0 or -errno. */
int open_filter_read_text(pid_t pid, unsigned long long address, char *text, size_t size);

#endif
