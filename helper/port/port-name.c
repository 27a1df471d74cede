/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of the interfaces, and the quota that lives in them. Pure. */
#include "helper/port/port-name.h"

#include <string.h>

#define PREFIX "vmg"
#define DIGITS 12
#define SLOT_BITS 10
#define BRIDGE_BITS 18

/* Without i, l, o and u, which are easily misread. */
static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

void port_name_format(uid_t uid, unsigned bridge_ifindex, unsigned slot,
		      char name_out[PORT_NAME_SIZE])
{
	uint64_t value = (uint64_t)uid << (BRIDGE_BITS + SLOT_BITS) |
			 (uint64_t)(bridge_ifindex & ((1u << BRIDGE_BITS) - 1)) << SLOT_BITS |
			 (slot & (PORT_SLOTS - 1));
	char *digit = name_out + strlen(PREFIX) + DIGITS;

	memcpy(name_out, PREFIX, strlen(PREFIX));
	*digit = '\0';
	while (digit > name_out + strlen(PREFIX)) {
		*--digit = alphabet[value & 31];
		value >>= 5;
	}
}

static int digit_value(char digit)
{
	const char *place = digit != '\0' ? strchr(alphabet, digit) : NULL;

	return place != NULL ? (int)(place - alphabet) : -1;
}

int port_name_slot(const char *name, uid_t uid, unsigned bridge_ifindex)
{
	char own[PORT_NAME_SIZE];
	int high, low;

	/* All but the last two digits, which are the slot, must be those of our own. */
	port_name_format(uid, bridge_ifindex, 0, own);
	if (strlen(name) != strlen(own) || strncmp(name, own, strlen(own) - 2) != 0)
		return -1;
	high = digit_value(name[strlen(own) - 2]);
	low = digit_value(name[strlen(own) - 1]);
	return high < 0 || low < 0 ? -1 : high << 5 | low;
}

void port_slots_add(struct port_slots *slots, unsigned slot)
{
	slots->words[slot / 64] |= (uint64_t)1 << (slot % 64);
}

unsigned port_slots_count(const struct port_slots *slots)
{
	unsigned count = 0;

	for (size_t i = 0; i < sizeof slots->words / sizeof slots->words[0]; i++)
		count += (unsigned)__builtin_popcountll(slots->words[i]);
	return count;
}

static unsigned is_taken(const struct port_slots *slots, unsigned slot)
{
	return slots->words[slot / 64] >> (slot % 64) & 1;
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
