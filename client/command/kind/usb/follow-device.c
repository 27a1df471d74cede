/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Which USB device is the one that is followed. */
#include "client/command/kind/usb/follow-device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/machine/tree.h"

/* "" for what the device has not, and for a device that is gone. */
static const char *attribute(struct udev_device *device, const char *name)
{
	const char *value = udev_device_get_sysattr_value(device, name);

	return value == NULL ? "" : value;
}

static uint16_t number_of(struct udev_device *device, const char *name, int base)
{
	return (uint16_t)strtoul(attribute(device, name), NULL, base);
}

static int is_plain(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < ' ' || *text > '~')
			return 0;
	}
	return 1;
}

int follow_device_learn(struct usb_option *option, struct udev_device *device)
{
	const char *serial = attribute(device, "serial");
	int is_there = attribute(device, "idVendor")[0] != '\0' &&
		       attribute(device, "idProduct")[0] != '\0';

	option->has_number = 0;
	option->bus = option->device = 0;
	if (option->port[0] != '\0' || (!is_there && option->has_ids))
		return 0;
	if (!is_there)
		return -ENODEV;
	option->has_ids = 1;
	option->vendor = number_of(device, "idVendor", 16);
	option->product = number_of(device, "idProduct", 16);
	if (serial[0] != '\0' && strlen(serial) < sizeof option->serial && is_plain(serial))
		memcpy(option->serial, serial, strlen(serial) + 1);
	return 0;
}

/*
 * Root ports know their peers, by ACPI or by their numbers. Behind a hub the kernel pairs
 * the ports of its two sides by number.
 */
int follow_device_peer(const char *root, const char *place, char peer_out[FOLLOW_PLACE_SIZE])
{
	unsigned bus, port, peer_bus, peer_port;
	int length, is_found;
	char *peer;

	if (sscanf(place, "%3u-%3u%n", &bus, &port, &length) != 2)
		return -1;
	peer = tree_link(root, "/sys/bus/usb/devices/usb%u/%u-0:1.0/usb%u-port%u/peer", bus, bus,
			 bus, port);
	is_found = peer != NULL && sscanf(peer, "usb%3u-port%3u", &peer_bus, &peer_port) == 2 &&
		   snprintf(peer_out, FOLLOW_PLACE_SIZE, "%u-%u%s", peer_bus, peer_port,
			    place + length) < FOLLOW_PLACE_SIZE;
	free(peer);
	return is_found ? 0 : -1;
}

static int is_place(const char *place, const char *name)
{
	char peer[FOLLOW_PLACE_SIZE];

	return strcmp(place, name) == 0 ||
	       (follow_device_peer("", name, peer) == 0 && strcmp(place, peer) == 0);
}

int follow_device_matches(const struct usb_option *option, const char *place,
			  struct udev_device *device)
{
	if (place[0] != '\0' && !is_place(place, udev_device_get_sysname(device)))
		return 0;
	if (option->has_ids && (option->vendor != number_of(device, "idVendor", 16) ||
				option->product != number_of(device, "idProduct", 16)))
		return 0;
	if (option->has_number && (option->bus != number_of(device, "busnum", 10) ||
				   option->device != number_of(device, "devnum", 10)))
		return 0;
	return option->serial[0] == '\0' ||
	       strcmp(option->serial, attribute(device, "serial")) == 0;
}
