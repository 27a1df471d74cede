/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The user namespace that this process is in.
 */
#ifndef VMGRANT_WIRE_NAMESPACE_H
#define VMGRANT_WIRE_NAMESPACE_H

/* 1 if it is another than the initial one, in which anybody may look like root. */
int namespace_is_users(void);

#endif
