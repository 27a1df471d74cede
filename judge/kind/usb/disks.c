/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Whether this machine uses a disk of a USB device. */
#include "judge/kind/usb/disks.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "judge/kind/disk-order.h"
#include "judge/sysfs/sysfs.h"
#include "wire/refusal/escape.h"

/* Whether there is anything below "NAME/holders": device-mapper and md say so there, too. */
static enum usb_disks look_at_holders(int blocks, const char *name)
{
	char path[NAME_MAX + 16], holder[NAME_MAX + 1];
	int result;

	(void)snprintf(path, sizeof path, "%.*s/holders", NAME_MAX, name);
	result = sysfs_first(blocks, path, holder, sizeof holder);
	if (result < 0)
		return USB_DISKS_UNKNOWN;
	return result > 0 ? USB_DISKS_IN_USE : USB_DISKS_FREE;
}

static enum usb_disks look_at_disk(const struct usb_places *places, struct orders *orders,
				   const char *name)
{
	enum usb_disks answer = look_at_holders(places->blocks, name);

	if (answer != USB_DISKS_FREE)
		return answer;
	switch (disk_order_look(orders, name, ORDER_DISK_CLAIM, NULL)) {
	case 0:
		return USB_DISKS_FREE;
	case -EBUSY:
		return USB_DISKS_IN_USE;
	case -ENOMEDIUM: /* an empty card reader or drive */
		return USB_DISKS_FREE;
	case -EPERM: /* where a mode would give EACCES */
		return USB_DISKS_CLOSED;
	default:
		return USB_DISKS_UNKNOWN;
	}
}

/* A block device that is elsewhere, or has gone, is no obstacle; one that cannot be placed is. */
static enum usb_disks none_unless_unknown(int passes)
{
	return passes == 0 || passes == -ENOENT ? USB_DISKS_NONE : USB_DISKS_UNKNOWN;
}

/* A disk or partition of the device. A partition's disk tells about it, but for its holders. */
static enum usb_disks look_at_block(const struct usb_places *places, struct orders *orders,
				    const struct usb_device *device, const char *name)
{
	char path[NAME_MAX + 16];
	uint32_t number;
	int passes = sysfs_link_passes(places->blocks, name, device->port);

	if (passes <= 0)
		return none_unless_unknown(passes);
	(void)snprintf(path, sizeof path, "%.*s/partition", NAME_MAX, name);
	passes = sysfs_read_number(places->blocks, path, 10, UINT32_MAX, &number);
	if (passes < 0 && passes != -ENOENT)
		return USB_DISKS_UNKNOWN;
	if (passes < 0)
		return look_at_disk(places, orders, name);
	return look_at_holders(places->blocks, name);
}

/* Also when it cannot be told: then its node will not open either. */
static int is_bound_loop(int blocks, const char *name)
{
	char path[NAME_MAX + 16];
	int folder;

	if (strncmp(name, "loop", 4) != 0)
		return 0;
	(void)snprintf(path, sizeof path, "%.*s/loop", NAME_MAX, name);
	folder = sysfs_open(blocks, path);
	if (folder >= 0)
		close(folder);
	return folder != -ENOENT;
}

/* A loop device that stands directly on a disk or partition of the device. */
static enum usb_disks look_at_loop(const struct usb_places *places, struct orders *orders,
				   const struct usb_device *device, const char *name)
{
	dev_t backing = 0;
	char number[32];
	int result;

	if (!is_bound_loop(places->blocks, name))
		return USB_DISKS_NONE;
	result = disk_order_look(orders, name, ORDER_DISK_LOOP, &backing);
	/* Not bound to anything any more, or taken away. */
	if (result == -ENXIO || result == -ENODEV || result == -ENOENT)
		return is_bound_loop(places->blocks, name) ? USB_DISKS_UNKNOWN : USB_DISKS_NONE;
	if (result < 0)
		return result == -EPERM ? USB_DISKS_CLOSED : USB_DISKS_UNKNOWN;
	(void)snprintf(number, sizeof number, "%u:%u", major(backing), minor(backing));
	result = sysfs_link_passes(places->block_numbers, number, device->port);
	return result > 0 ? USB_DISKS_IN_USE : none_unless_unknown(result);
}

typedef enum usb_disks look_at(const struct usb_places *places, struct orders *orders,
			       const struct usb_device *device, const char *name);

/* Every block device of the machine, until one is an obstacle. */
static enum usb_disks look_at_all(const struct usb_places *places, struct orders *orders,
				  const struct usb_device *device, look_at *look,
				  char name_out[USB_DISK_NAME_SIZE])
{
	enum usb_disks answer = USB_DISKS_NONE;
	const char *name;
	DIR *list = sysfs_list(places->blocks, ".");

	if (list == NULL)
		return USB_DISKS_UNKNOWN;
	while ((name = sysfs_next(list)) != NULL) {
		enum usb_disks one = look(places, orders, device, name);

		if (one != USB_DISKS_NONE)
			answer = one;
		if (one != USB_DISKS_NONE && one != USB_DISKS_FREE) {
			escape_string(name_out, USB_DISK_NAME_SIZE, name);
			break;
		}
	}
	/* A list that ends early must not look like a machine with few disks. */
	if (name == NULL && errno != 0)
		answer = USB_DISKS_UNKNOWN;
	closedir(list);
	return answer;
}

enum usb_disks usb_disks_look(const struct usb_places *places, struct orders *orders,
			      const struct usb_device *device, char name_out[USB_DISK_NAME_SIZE])
{
	enum usb_disks disks, loops;

	name_out[0] = '\0';
	disks = look_at_all(places, orders, device, look_at_block, name_out);
	if (disks != USB_DISKS_FREE)
		return disks;
	loops = look_at_all(places, orders, device, look_at_loop, name_out);
	return loops == USB_DISKS_NONE ? disks : loops;
}
