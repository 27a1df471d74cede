/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Whether a bridge has taken a card's addresses over.
 */
#ifndef VMGRANT_CLIENT_COMMAND_SETUP_NETWORK_ADDRESS_H
#define VMGRANT_CLIENT_COMMAND_SETUP_NETWORK_ADDRESS_H

/* Of an interface, without those that every link has. Zeroed: none. */
struct addresses {
	int has_ipv4, has_ipv6;
};

void addresses_find(const char *interface, struct addresses *found);

/* Wait until the interface has an IPv4 address if one was there before, else an IPv6 one. 1: yes. */
int addresses_wait(const char *interface, const struct addresses *before);

#endif
