/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* close_range(), which musl does not have. No privilege. */
#ifndef VMGRANT_WIRE_PROCESS_CLOSE_RANGE_H
#define VMGRANT_WIRE_PROCESS_CLOSE_RANGE_H

#include <sys/syscall.h>
#include <unistd.h>

#ifndef HAVE_CLOSE_RANGE
/* As close_range(2): closes first to last, -1 with errno if the kernel refuses. */
static inline int close_range(unsigned first, unsigned last, int flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}
#endif

#endif
