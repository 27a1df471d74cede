/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Whether a bridge has taken a card's addresses over. Only reads. */
#include "client/command/setup/network/address.h"

#include <ifaddrs.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "wire/process/clock.h"

/* DHCP over a bridge that has just been made: a few seconds, on a slow machine many. */
#define WAIT_MS 90000

static void take(const struct sockaddr *address, struct addresses *found)
{
	if (address->sa_family == AF_INET)
		found->has_ipv4 = 1;
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 whole;

		memcpy(&whole, address, sizeof whole);
		found->has_ipv6 |= !IN6_IS_ADDR_LINKLOCAL(&whole.sin6_addr);
	}
}

void addresses_find(const char *interface, struct addresses *found)
{
	struct ifaddrs *list;

	*found = (struct addresses){ 0 };
	if (getifaddrs(&list) < 0)
		return;
	for (const struct ifaddrs *item = list; item != NULL; item = item->ifa_next) {
		if (item->ifa_addr != NULL && strcmp(item->ifa_name, interface) == 0)
			take(item->ifa_addr, found);
	}
	freeifaddrs(list);
}

int addresses_wait(const char *interface, const struct addresses *before)
{
	const long long end_ms = clock_now_ms() + WAIT_MS;
	const struct timespec step = { 0, 200000000L };
	struct addresses now;

	for (;;) {
		addresses_find(interface, &now);
		if (before->has_ipv4 ? now.has_ipv4 : now.has_ipv6 || !before->has_ipv6)
			return 1;
		if (clock_now_ms() >= end_ms)
			return 0;
		(void)nanosleep(&step, NULL);
	}
}
