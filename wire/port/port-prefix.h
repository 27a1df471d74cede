/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * How the interfaces that vmgrant makes are called. The helper makes the names; the command,
 * and the files in beside/, know them by this.
 *
 * Software that configures a host's interfaces is told by its administrators to pass over veth*,
 * because containers have such interfaces. The letter behind it is none of the hexadecimal
 * digits that container engines choose, and together with the length the name is ours.
 */
#ifndef VMGRANT_WIRE_PORT_PORT_PREFIX_H
#define VMGRANT_WIRE_PORT_PORT_PREFIX_H

#define PORT_PREFIX "vethg"
#define PORT_PATTERN PORT_PREFIX "??????????" /* for fnmatch(): as long as names can be */

#endif
