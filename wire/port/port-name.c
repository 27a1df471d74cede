/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Names of the interfaces, and the quota that lives in them. Pure. */
#include "wire/port/port-name.h"

#include <string.h>

#include "wire/port/port-prefix.h"

#define DIGITS 10
#define SLOT_BITS 10
#define BRIDGE_BITS 16

/* Without l, o, I and O, which are easily misread: 58 digits, so that ten hold 58 bits. */
static const char alphabet[] = "0123456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ";

#define BASE (sizeof alphabet - 1)

/* What a name says but the slot. */
static uint64_t owner_bits(uid_t uid, unsigned bridge_ifindex)
{
	return (uint64_t)uid << BRIDGE_BITS | (bridge_ifindex & ((1u << BRIDGE_BITS) - 1));
}

void port_name_format(uid_t uid, unsigned bridge_ifindex, unsigned slot,
		      char name_out[PORT_NAME_SIZE])
{
	uint64_t value = owner_bits(uid, bridge_ifindex) << SLOT_BITS | (slot & (PORT_SLOTS - 1));
	char *first = name_out + strlen(PORT_PREFIX), *digit = first + DIGITS;

	memcpy(name_out, PORT_PREFIX, strlen(PORT_PREFIX));
	*digit = '\0';
	while (digit > first) {
		*--digit = alphabet[value % BASE];
		value /= BASE;
	}
}

int port_name_slot(const char *name, uid_t uid, unsigned bridge_ifindex)
{
	uint64_t value = 0;

	if (strlen(name) != strlen(PORT_PREFIX) + DIGITS ||
	    strncmp(name, PORT_PREFIX, strlen(PORT_PREFIX)) != 0)
		return -1;
	/* Ten digits are less than 2^59: nothing is cut off. */
	for (const char *digit = name + strlen(PORT_PREFIX); *digit != '\0'; digit++) {
		const char *place = strchr(alphabet, *digit);

		if (place == NULL)
			return -1;
		value = value * BASE + (uint64_t)(place - alphabet);
	}
	return value >> SLOT_BITS == owner_bits(uid, bridge_ifindex)
		       ? (int)(value & (PORT_SLOTS - 1))
		       : -1;
}
