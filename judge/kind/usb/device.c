/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* One USB device as it is in sysfs. Needs no privilege. */
#include "judge/kind/usb/device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "judge/sysfs/sysfs.h"
#include "wire/refusal/escape.h"

#define NUMBER_MAX 999u /* three digits in the names of the nodes */

/* What the node of a device whose configurations lie may give: eight of them at most. */
#define NODE_DESCRIPTORS_MAX (18u + 8u * 65535u)

static int read_numbers(int folder, struct usb_device *device)
{
	int result = sysfs_read_number(folder, "busnum", 10, NUMBER_MAX, &device->bus);

	if (result == 0)
		result = sysfs_read_number(folder, "devnum", 10, NUMBER_MAX, &device->device);
	if (result == 0)
		result = sysfs_read_device(folder, "dev", &device->number);
	if (result == 0 && (device->bus == 0 || device->device == 0))
		result = -EINVAL;
	return result;
}

/* A device need not have one. */
static int read_serial(int folder, char *serial, size_t size)
{
	int result = sysfs_read(folder, "serial", serial, size);

	if (result == -ENOENT)
		serial[0] = '\0';
	return result == -ENOENT || result >= 0 ? 0 : result;
}

static int read_descriptors(int folder, struct usb_device *device)
{
	uint8_t *bytes = malloc(USB_DESCRIPTORS_MAX), *shorter;
	int length;

	if (bytes == NULL)
		return -ENOMEM;
	length = sysfs_read_bytes(folder, "descriptors", bytes, USB_DESCRIPTORS_MAX);
	if (length >= 0 && usb_descriptors_parse(bytes, (size_t)length, &device->facts) < 0)
		length = -EINVAL;
	if (length < 0) {
		free(bytes);
		return length;
	}
	shorter = realloc(bytes, (size_t)length);
	if (shorter == NULL)
		shorter = bytes;
	device->descriptors = shorter;
	device->descriptors_length = (size_t)length;
	return 0;
}

int usb_device_load(int devices, const char *name, struct usb_device *device)
{
	int folder = sysfs_open(devices, name);
	int result;

	*device = (struct usb_device){ .folder = folder, .node = -1 };
	if (folder < 0)
		return folder;
	result = strlen(name) < sizeof device->port ? read_numbers(folder, device) : -EMSGSIZE;
	if (result == 0)
		result = read_serial(folder, device->serial, sizeof device->serial);
	if (result == 0)
		result = read_descriptors(folder, device);
	if (result < 0) {
		close(folder);
		*device = (struct usb_device){ .node = -1 };
		return result;
	}
	memcpy(device->port, name, strlen(name) + 1);
	(void)snprintf(device->path, sizeof device->path, USB_DEV_FOLDER "bus/usb/%03u/%03u",
		       device->bus, device->device);
	return 0;
}

int usb_device_check(const struct usb_device *device)
{
	struct usb_device now = { .node = -1 };
	int result = read_numbers(device->folder, &now);

	if (result == 0)
		result = read_serial(device->folder, now.serial, sizeof now.serial);
	if (result == 0)
		result = read_descriptors(device->folder, &now);
	if (result == 0 && (now.bus != device->bus || now.device != device->device ||
			    now.number != device->number ||
			    strcmp(now.serial, device->serial) != 0 ||
			    now.descriptors_length != device->descriptors_length ||
			    memcmp(now.descriptors, device->descriptors,
				   now.descriptors_length) != 0))
		result = -ENODEV;
	free(now.descriptors);
	return result;
}

int usb_device_is_node(const struct usb_device *device, int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) &&
	       status.st_rdev == device->number;
}

int usb_device_matches_node(const struct usb_device *device, int fd)
{
	/* Zeroed, see usb_descriptors_match(). One byte more shows what is too long. */
	const size_t size = NODE_DESCRIPTORS_MAX + 1;
	uint8_t *bytes = calloc(1, size);
	size_t length = 0;
	ssize_t got = 1;
	int matches;

	if (bytes == NULL)
		return 0;
	while (got > 0 && length < size) {
		got = read(fd, bytes + length, size - length);
		if (got > 0)
			length += (size_t)got;
	}
	matches = got == 0 && usb_descriptors_match(device->descriptors,
						    device->descriptors_length, bytes, length);
	free(bytes);
	return matches;
}

int usb_device_is_blocked(const struct usb_device *device)
{
	uint32_t authorized;
	int result = sysfs_read_number(device->folder, "authorized", 10, 1, &authorized);

	return result != -ENOENT && (result < 0 || authorized == 0);
}

void usb_device_describe(const struct usb_device *device, char text[USB_DEVICE_TEXT_SIZE])
{
	char serial[80];

	(void)snprintf(text, USB_DEVICE_TEXT_SIZE, "%04x:%04x port %s%s%s", device->facts.vendor,
		       device->facts.product, device->port,
		       device->serial[0] != '\0' ? " serial " : "",
		       escape_string(serial, sizeof serial, device->serial));
}

void usb_device_release(struct usb_device *device)
{
	if (device->descriptors == NULL)
		return;
	free(device->descriptors);
	close(device->folder);
	if (device->node >= 0)
		close(device->node);
	*device = (struct usb_device){ .node = -1 };
}
