/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Ethernet addresses of guests, as people and messages give them. Pure.
 */
#ifndef VMGRANT_WIRE_PORT_MAC_H
#define VMGRANT_WIRE_PORT_MAC_H

#include <stddef.h>
#include <stdint.h>

#define MAC_SIZE 6u
#define MAC_TEXT_LENGTH 17u /* "52:54:00:12:34:56" */

/* Read such a text, not ended by NUL. Returns 0, or -1; any six bytes are an address here. */
int mac_parse(const char *text, size_t length, uint8_t mac[MAC_SIZE]);

/* Can it be the address of one interface? Not a group's, and not the one that means none. */
int mac_is_usable(const uint8_t mac[MAC_SIZE]);

/* Is it one that anybody may choose, and no manufacturer has given to a card? */
int mac_is_local(const uint8_t mac[MAC_SIZE]);

#endif
