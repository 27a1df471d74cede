/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A clock for time limits: nobody sets it. Includes libc only.
 */
#ifndef VMGRANT_WIRE_PROCESS_CLOCK_H
#define VMGRANT_WIRE_PROCESS_CLOCK_H

/* Milliseconds since some moment before this program began. */
long long clock_now_ms(void);

#endif
