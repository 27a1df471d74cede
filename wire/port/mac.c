/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Ethernet addresses of guests, as people and messages give them. Pure. */
#include "wire/port/mac.h"

#include <string.h>

/* The two lowest bits of the first byte: IEEE 802, clause 8.2. */
#define GROUP_BIT 1u
#define LOCAL_BIT 2u

static int hex_value(char digit)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *found = digit == '\0' ? NULL : strchr(digits, digit);

	return found == NULL ? -1 : (int)((found - digits) % 16);
}

int mac_parse(const char *text, size_t length, uint8_t mac[MAC_SIZE])
{
	if (length != MAC_TEXT_LENGTH)
		return -1;
	for (size_t i = 0; i < MAC_SIZE; i++) {
		int high = hex_value(text[i * 3]);
		int low = hex_value(text[i * 3 + 1]);

		if (high < 0 || low < 0 || (i < MAC_SIZE - 1 && text[i * 3 + 2] != ':'))
			return -1;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

int mac_is_usable(const uint8_t mac[MAC_SIZE])
{
	static const uint8_t none[MAC_SIZE];

	return (mac[0] & GROUP_BIT) == 0 && memcmp(mac, none, MAC_SIZE) != 0;
}

int mac_is_local(const uint8_t mac[MAC_SIZE])
{
	return (mac[0] & LOCAL_BIT) != 0;
}
