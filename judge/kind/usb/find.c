/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Which USB devices of this machine fit a request. Needs no privilege. */
#include "judge/kind/usb/find.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "judge/sysfs/sysfs.h"

#define BUSES 64u /* the kernel's USB_MAXBUS */
#define WAY_SIZE (NAME_MAX + 32u)
#define NOT_TRIED INT_MIN

struct search {
	const struct usb_places *places;
	const struct request_usb *wanted;
	usb_visit *visit;
	void *context;
	int roots[BUSES]; /* folders of root hubs, or -errno */
};

static int open_place(const char *path)
{
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

void usb_places_open(struct usb_places *places)
{
	*places = (struct usb_places){
		.devices = open_place("/sys/bus/usb/devices"),
		.blocks = open_place("/sys/class/block"),
		.block_numbers = open_place("/sys/dev/block"),
		.dev = open_place("/dev"),
	};
}

void usb_places_close(struct usb_places *places)
{
	close(places->devices);
	close(places->blocks);
	close(places->block_numbers);
	close(places->dev);
}

/* The list has interfaces, too, as "1-1:1.0". */
static int is_device(const char *name)
{
	return strchr(name, ':') == NULL;
}

/*
 * The way to an attribute from the folder of a root hub, which holds the folders of
 * what hangs on it, and so on: "1-1/1-1.4/idVendor". Returns the bus, 0 if there is none.
 */
static unsigned path_from_root(const char *name, const char *attribute, char path[WAY_SIZE])
{
	unsigned long bus = strtoul(name, NULL, 10);
	size_t used = 0, length = 0;

	if (bus >= BUSES)
		return 0;
	do {
		length += strcspn(name + length, ".");
		if (used + length + 1 >= WAY_SIZE)
			return 0;
		memcpy(path + used, name, length);
		used += length;
		path[used++] = '/';
	} while (name[length++] == '.');
	if (strlen(attribute) >= WAY_SIZE - used)
		return 0;
	memcpy(path + used, attribute, strlen(attribute) + 1);
	return (unsigned)bus;
}

static int root_of(struct search *search, unsigned bus)
{
	char name[16];

	if (search->roots[bus] == NOT_TRIED) {
		(void)snprintf(name, sizeof name, "usb%u", bus);
		search->roots[bus] = sysfs_open(search->places->devices, name);
	}
	return search->roots[bus];
}

/*
 * Whether an attribute is that number; asked for without opening the device's folder.
 * The way from the root hub takes half as long as that by the link in the list, which
 * is gone where the former leads nowhere.
 */
static int attribute_is(struct search *search, const char *name, const char *attribute,
			unsigned base, uint32_t wanted)
{
	char path[WAY_SIZE];
	unsigned bus = path_from_root(name, attribute, path);
	uint32_t number;

	if (bus != 0 && root_of(search, bus) >= 0 &&
	    sysfs_read_number(root_of(search, bus), path, base, UINT32_MAX, &number) == 0)
		return number == wanted;
	if (snprintf(path, sizeof path, "%s/%s", name, attribute) >= (int)sizeof path)
		return 0;
	return sysfs_read_number(search->places->devices, path, base, UINT32_MAX, &number) == 0 &&
	       number == wanted;
}

static int may_be_numbered(struct search *search, const char *name)
{
	const struct request_usb *wanted = search->wanted;
	char bus[16], root[16];

	(void)snprintf(bus, sizeof bus, "%u-", wanted->bus);
	(void)snprintf(root, sizeof root, "usb%u", wanted->bus);
	return (strncmp(name, bus, strlen(bus)) == 0 || strcmp(name, root) == 0) &&
	       attribute_is(search, name, "devnum", 10, wanted->device);
}

/* The first look, by the name and by what is cheap to read. */
static int may_fit(struct search *search, const char *name)
{
	const struct request_usb *wanted = search->wanted;

	if (!is_device(name) || (wanted->port[0] != '\0' && strcmp(name, wanted->port) != 0))
		return 0;
	if (wanted->has_number && !may_be_numbered(search, name))
		return 0;
	return !wanted->has_ids || (attribute_is(search, name, "idVendor", 16, wanted->vendor) &&
				    attribute_is(search, name, "idProduct", 16, wanted->product));
}

/* The second look: by then another device may have the name. */
static int fits(const struct usb_device *device, const struct request_usb *wanted)
{
	if (wanted->has_number &&
	    (wanted->bus != device->bus || wanted->device != device->device))
		return 0;
	if (wanted->has_ids && (wanted->vendor != device->facts.vendor ||
				wanted->product != device->facts.product))
		return 0;
	if (wanted->port[0] != '\0' && strcmp(wanted->port, device->port) != 0)
		return 0;
	return wanted->serial[0] == '\0' || strcmp(wanted->serial, device->serial) == 0;
}

static void try(struct search *search, const char *name)
{
	struct usb_device device;

	if (!may_fit(search, name) ||
	    usb_device_load(search->places->devices, name, &device) < 0)
		return;
	if (fits(&device, search->wanted))
		search->visit(search->context, &device);
	else
		usb_device_release(&device);
}

static void try_all(struct search *search)
{
	const char *name;
	DIR *list = sysfs_list(search->places->devices, ".");

	if (list == NULL)
		return;
	while ((name = sysfs_next(list)) != NULL)
		try(search, name);
	closedir(list);
}

void usb_find(const struct usb_places *places, const struct request_usb *wanted, usb_visit *visit,
	      void *context)
{
	struct search search = { places, wanted, visit, context, { 0 } };

	for (size_t bus = 0; bus < BUSES; bus++)
		search.roots[bus] = NOT_TRIED;
	if (wanted->port[0] != '\0')
		try(&search, wanted->port);
	else
		try_all(&search);
	for (size_t bus = 0; bus < BUSES; bus++) {
		if (search.roots[bus] >= 0)
			close(search.roots[bus]);
	}
}

int usb_has_children(const struct usb_device *device)
{
	size_t length = strlen(device->port);
	const char *name;
	int found = 0;
	DIR *list = sysfs_list(device->folder, ".");

	if (list == NULL)
		return -errno;
	while (!found && (name = sysfs_next(list)) != NULL)
		found = is_device(name) && strncmp(name, device->port, length) == 0 &&
			name[length] == '.';
	if (!found && errno != 0)
		found = -errno;
	closedir(list);
	return found;
}
