/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which USB devices of this machine fit a request. Needs no privilege. */
#include "helper/usb-find.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "helper/sysfs.h"

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

/* Whether an attribute is that number; asked for without opening the device's folder. */
static int attribute_is(int devices, const char *name, const char *attribute, unsigned base,
			uint32_t wanted)
{
	char path[NAME_MAX + 32];
	uint32_t number;

	if (snprintf(path, sizeof path, "%s/%s", name, attribute) >= (int)sizeof path)
		return 0;
	return sysfs_read_number(devices, path, base, UINT32_MAX, &number) == 0 &&
	       number == wanted;
}

/* The first look, by the name and by what is cheap to read. */
static int may_fit(int devices, const char *name, const struct request_usb *wanted)
{
	char bus[16], root[16];

	if (!is_device(name) || (wanted->port[0] != '\0' && strcmp(name, wanted->port) != 0))
		return 0;
	(void)snprintf(bus, sizeof bus, "%u-", wanted->bus);
	(void)snprintf(root, sizeof root, "usb%u", wanted->bus);
	if (wanted->has_number &&
	    ((strncmp(name, bus, strlen(bus)) != 0 && strcmp(name, root) != 0) ||
	     !attribute_is(devices, name, "devnum", 10, wanted->device)))
		return 0;
	return !wanted->has_ids || (attribute_is(devices, name, "idVendor", 16, wanted->vendor) &&
				    attribute_is(devices, name, "idProduct", 16, wanted->product));
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

static void try(int devices, const char *name, const struct request_usb *wanted, usb_visit *visit,
		void *context)
{
	struct usb_device device;

	if (!may_fit(devices, name, wanted) || usb_device_load(devices, name, &device) < 0)
		return;
	if (fits(&device, wanted))
		visit(context, &device);
	else
		usb_device_release(&device);
}

void usb_find(const struct usb_places *places, const struct request_usb *wanted, usb_visit *visit,
	      void *context)
{
	const char *name;
	DIR *list;

	if (wanted->port[0] != '\0') {
		try(places->devices, wanted->port, wanted, visit, context);
		return;
	}
	list = sysfs_list(places->devices, ".");
	if (list == NULL)
		return;
	while ((name = sysfs_next(list)) != NULL)
		try(places->devices, name, wanted, visit, context);
	closedir(list);
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
	closedir(list);
	return found;
}
