/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Limits of another process, as /proc tells them to everybody.
 */
#ifndef VMGRANT_JUDGE_KIND_VFIO_PROC_LIMITS_H
#define VMGRANT_JUDGE_KIND_VFIO_PROC_LIMITS_H

#include <sys/resource.h>
#include <sys/types.h>

/* Find "Max locked memory" in the text of /proc/PID/limits. Pure. Returns 0 or -EINVAL. */
int proc_limits_parse(const char *text, struct rlimit *memlock_out);

/* Read it of a process. Returns 0 or -errno, -ESRCH where the process is gone. */
int proc_limits_memlock(pid_t pid, struct rlimit *memlock_out);

#endif
