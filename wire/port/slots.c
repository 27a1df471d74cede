/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The slots that one user's ports on one bridge occupy. Pure. */
#include "wire/port/slots.h"

void port_slots_add(struct port_slots *slots, unsigned slot)
{
	slots->words[slot / 64] |= (uint64_t)1 << (slot % 64);
}

static unsigned is_taken(const struct port_slots *slots, unsigned slot)
{
	return slots->words[slot / 64] >> (slot % 64) & 1;
}

void port_slots_add_strays(struct port_slots *slots, unsigned count)
{
	for (unsigned slot = PORT_SLOTS; slot > 0 && count > 0; slot--) {
		if (is_taken(slots, slot - 1))
			continue;
		port_slots_add(slots, slot - 1);
		count--;
	}
}

unsigned port_slots_count(const struct port_slots *slots)
{
	unsigned count = 0;

	for (size_t i = 0; i < sizeof slots->words / sizeof slots->words[0]; i++)
		count += (unsigned)__builtin_popcountll(slots->words[i]);
	return count;
}

unsigned port_slots_bound(const struct port_slots *slots, unsigned quota)
{
	unsigned above = 0, bound = quota;

	for (unsigned slot = quota; slot < PORT_SLOTS; slot++)
		above += is_taken(slots, slot);
	/* Going down one step frees one place, unless that slot is itself taken. */
	while (bound > 0 && bound + above > quota) {
		bound--;
		above += is_taken(slots, bound);
	}
	return bound + above > quota ? 0 : bound;
}
