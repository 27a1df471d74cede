/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Made-up USB devices in a made-up sysfs. */
#ifndef VMGRANT_TESTS_UNIT_USB_TREE_H
#define VMGRANT_TESTS_UNIT_USB_TREE_H

#include <stdint.h>

#include "judge/kind/usb/device.h"
#include "tests/unit/tree.h"

/* A device to be plugged in. What is 0 or NULL gets a value that offends nobody. */
struct gadget {
	const char *port; /* "1-1.4" */
	unsigned bus, device;
	uint16_t vendor, product;
	const char *serial;         /* NULL: none */
	uint8_t device_class;
	const uint8_t *classes; /* of its interfaces, ended by 0; NULL: one, class ff */
};

/* A tree with empty folders for all the places. */
struct tree *usb_tree_new(struct usb_places *places);
void usb_tree_free(struct tree *tree, const struct usb_places *places);

void usb_tree_add(const struct tree *tree, const struct gadget *gadget);

/* Replace one attribute of a device, given with its newline; NULL: take it away. */
void usb_tree_set(const struct tree *tree, const char *port, const char *name, const char *text);

/* Give a device a disk, whose node has the number 8:16; set an attribute of it. */
void usb_tree_add_disk(const struct tree *tree, const char *name, const char *port);
void usb_tree_set_disk(const struct tree *tree, const char *name, const char *port,
		       const char *attribute, const char *text);

#endif
