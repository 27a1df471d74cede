/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The slots that one user's ports on one bridge occupy. Pure.
 *
 * A port's name says its slot, and the kernel keeps names unique: see
 * wire/port/port-name.h.
 */
#ifndef VMGRANT_WIRE_PORT_SLOTS_H
#define VMGRANT_WIRE_PORT_SLOTS_H

#include <stddef.h>
#include <stdint.h>

#define PORT_SLOTS 1024u /* as many as a bridge has ports */

/* One bit each. */
struct port_slots {
	uint64_t words[PORT_SLOTS / 64];
};

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
