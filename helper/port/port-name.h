/* SPDX-License-Identifier: LGPL-2.1-or-later */
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
#ifndef VMGRANT_HELPER_PORT_PORT_NAME_H
#define VMGRANT_HELPER_PORT_PORT_NAME_H

#include <stdint.h>
#include <sys/types.h>

#define PORT_NAME_SIZE 16 /* IFNAMSIZ */
#define PORT_SLOTS 1024u  /* as many as a bridge has ports */

/* The slots that one user's interfaces on one bridge occupy: one bit each. */
struct port_slots {
	uint64_t words[PORT_SLOTS / 64];
};

void port_name_format(uid_t uid, unsigned bridge_ifindex, unsigned slot,
		      char name_out[PORT_NAME_SIZE]);

/* The slot of an interface of this user on this bridge, or -1 for any other name. */
int port_name_slot(const char *name, uid_t uid, unsigned bridge_ifindex);

void port_slots_add(struct port_slots *slots, unsigned slot);

/*
 * Count interfaces that have lost their names on this bridge: each takes the highest
 * slot that is free, which is above every quota. After all others have been added.
 */
void port_slots_add_strays(struct port_slots *slots, unsigned count);

unsigned port_slots_count(const struct port_slots *slots);

/*
 * How many of the first slots a new interface may choose from.
 *
 * That is the quota itself, unless the administrator has lowered it and older
 * interfaces still sit in higher slots, or some are strays: those count too. The largest bound such
 * that bound + (interfaces at or above it) does not exceed the quota. Two
 * helpers that see different moments stay exact: a slot at or above the quota
 * can only become free, so a later bound is never below an earlier one. (A helper
 * that has read the policy before the quota was lowered still goes by the old one.)
 */
unsigned port_slots_bound(const struct port_slots *slots, unsigned quota);

#endif
