/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The capabilities of the process that accepts. */
#ifndef VMGRANT_LISTEN_CAPABILITIES_H
#define VMGRANT_LISTEN_CAPABILITIES_H

/*
 * Have none effective. What is permitted stays: of what is ambient the helpers have it effective
 * again. Returns 0, or -1.
 */
int capabilities_use_none(void);

/* Have none, for good: for a child that executes nothing. Returns 0, or -1. */
int capabilities_drop_all(void);

#endif
