/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The namespaces that this process is in.
 */
#ifndef VMGRANT_WIRE_PROCESS_NAMESPACE_H
#define VMGRANT_WIRE_PROCESS_NAMESPACE_H

/* 1 if it is another than the initial one, in which anybody may look like root. */
int namespace_is_users(void);

/*
 * 1 if this process is in another network namespace than the process with number 1, as in a unit
 * with PrivateNetwork=: the machine may have bridges that are not here. 0 also where /proc does
 * not show that process.
 */
int namespace_is_other_network(void);

#endif
