/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Made-up USB devices in a made-up sysfs. */
#include "tests/unit/usb-tree.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "judge/sysfs/sysfs.h"

struct tree *usb_tree_new(struct usb_places *places)
{
	struct tree *tree = tree_new();

	tree_folder(tree, "bus/usb/devices");
	tree_folder(tree, "class/block");
	tree_folder(tree, "dev/block");
	*places = (struct usb_places){
		.devices = sysfs_open(tree->fd, "bus/usb/devices"),
		.blocks = sysfs_open(tree->fd, "class/block"),
		.block_numbers = sysfs_open(tree->fd, "dev/block"),
		.dev = -1,
	};
	return tree;
}

void usb_tree_free(struct tree *tree, const struct usb_places *places)
{
	close(places->devices);
	close(places->blocks);
	close(places->block_numbers);
	tree_free(tree);
}

void usb_tree_set(const struct tree *tree, const char *port, const char *name, const char *text)
{
	char path[256];

	(void)snprintf(path, sizeof path, "devices/%s/%s", port, name);
	if (text != NULL)
		tree_write(tree, path, text);
	else
		(void)unlinkat(tree->fd, path, 0);
}

static void set_number(const struct tree *tree, const char *port, const char *name,
		       const char *format, unsigned number)
{
	char text[16];

	(void)snprintf(text, sizeof text, format[0] == 'x' ? "%04x\n" : "%u\n", number);
	usb_tree_set(tree, port, name, text);
}

static void write_descriptors(const struct tree *tree, const struct gadget *gadget)
{
	static const uint8_t vendor_class[] = { 0xff, 0 };
	const uint8_t *classes = gadget->classes != NULL ? gadget->classes : vendor_class;
	const size_t count = strlen((const char *)classes);
	uint8_t bytes[18 + 9 + 9 * 32] = { 18, 1, 0, 2, gadget->device_class, 0, 0, 64,
					   (uint8_t)gadget->vendor, (uint8_t)(gadget->vendor >> 8),
					   (uint8_t)gadget->product, (uint8_t)(gadget->product >> 8),
					   0, 1, 1, 2, 3, 1,
					   9, 2, (uint8_t)(9 + 9 * count), 0, (uint8_t)count, 1, 0,
					   0x80, 50 };
	char path[256];

	for (size_t i = 0; i < count && i < 32; i++) {
		const uint8_t interface[9] = { 9, 4, (uint8_t)i, 0, 0, classes[i] };

		memcpy(bytes + 27 + 9 * i, interface, sizeof interface);
	}
	(void)snprintf(path, sizeof path, "devices/%s/descriptors", gadget->port);
	tree_write_bytes(tree, path, bytes, 27 + 9 * count);
}

void usb_tree_add(const struct tree *tree, const struct gadget *gadget)
{
	char path[128], text[160];

	set_number(tree, gadget->port, "busnum", "u", gadget->bus);
	set_number(tree, gadget->port, "devnum", "u", gadget->device);
	set_number(tree, gadget->port, "idVendor", "x", gadget->vendor);
	set_number(tree, gadget->port, "idProduct", "x", gadget->product);
	(void)snprintf(text, sizeof text, "189:%u\n", (gadget->bus - 1) * 128 + gadget->device - 1);
	usb_tree_set(tree, gadget->port, "dev", text);
	if (gadget->serial != NULL) {
		(void)snprintf(text, sizeof text, "%s\n", gadget->serial);
		usb_tree_set(tree, gadget->port, "serial", text);
	}
	write_descriptors(tree, gadget);
	(void)snprintf(path, sizeof path, "bus/usb/devices/%s", gadget->port);
	(void)snprintf(text, sizeof text, "../../../devices/%s", gadget->port);
	tree_link(tree, path, text);
}

void usb_tree_set_disk(const struct tree *tree, const char *name, const char *port,
		       const char *attribute, const char *text)
{
	char path[256];

	(void)snprintf(path, sizeof path, "devices/%s/%s:1.0/block/%s/%s", port, port, name,
		       attribute);
	tree_write(tree, path, text);
}

void usb_tree_add_disk(const struct tree *tree, const char *name, const char *port)
{
	char path[256], target[256];

	(void)snprintf(path, sizeof path, "class/block/%s", name);
	(void)snprintf(target, sizeof target, "../../devices/%s/%s:1.0/block/%s", port, port, name);
	tree_link(tree, path, target);
	usb_tree_set_disk(tree, name, port, "dev", "8:16\n");
}
