/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Names of the interfaces, and the quota that lives in them. Pure.
 *
 * A name is "vethg" and ten base-58 digits: the caller's uid (32 bits), the
 * bridge's ifindex (16 bits, its low ones) and a slot (10 bits). The kernel
 * keeps names unique in a network namespace, and creating a TAP under a name
 * that exists fails (IFF_TUN_EXCL). So taking one of the slots 0 to quota-1 is
 * a quota that needs no lock file and no counter: exact with any number of
 * requests at once, right after a crash, and counting what exists.
 */
#ifndef VMGRANT_WIRE_PORT_PORT_NAME_H
#define VMGRANT_WIRE_PORT_PORT_NAME_H

#include <stdint.h>
#include <sys/types.h>

#include "wire/port/slots.h"

#define PORT_NAME_SIZE 16 /* IFNAMSIZ */

void port_name_format(uid_t uid, unsigned bridge_ifindex, unsigned slot,
		      char name_out[PORT_NAME_SIZE]);

/* The slot of an interface of this user on this bridge, or -1 for any other name. */
int port_name_slot(const char *name, uid_t uid, unsigned bridge_ifindex);

#endif
