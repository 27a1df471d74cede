/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What a USB device says that it is. Pure; everything here is untrusted bytes.
 *
 * The kernel gives out the device's descriptors as they came: the one of the
 * device, then those of all its configurations, each with its interfaces in all
 * their alternate settings. Lengths in them may lie; each descriptor is whole.
 */
#ifndef VMGRANT_JUDGE_KIND_USB_DESCRIPTORS_H
#define VMGRANT_JUDGE_KIND_USB_DESCRIPTORS_H

#include <stddef.h>
#include <stdint.h>

/* A device descriptor and at most what sysfs gives out behind it. */
#define USB_DESCRIPTORS_MAX (18u + 65535u)

enum usb_class {
	USB_CLASS_CODE_HID = 0x03, /* keyboards, mice, FIDO keys */
	USB_CLASS_CODE_HUB = 0x09,
	USB_CLASS_CODE_SMART_CARD = 0x0b, /* the other half of many security keys */
};

struct usb_facts {
	uint16_t vendor, product;
	/*
	 * Of the device, unless it is 0, which means "look at the interfaces", and of
	 * every interface of every configuration; each once.
	 */
	uint8_t classes[256];
	size_t class_count;
};

/* Returns 0, or -1 if these are no descriptors. */
int usb_descriptors_parse(const uint8_t *bytes, size_t length, struct usb_facts *facts);

/* 1 if the device or one of its interfaces is of that class. */
int usb_facts_have_class(const struct usb_facts *facts, uint8_t code);

/*
 * 1 if the descriptors that a node gave are those that sysfs gave. The node's are
 * read into zeroed memory: where the last configuration claims to be longer than
 * it is, the node leaves out what there is not, and counts it.
 * Source: usbdev_read() in drivers/usb/core/devio.c.
 */
int usb_descriptors_match(const uint8_t *sysfs, size_t sysfs_length, const uint8_t *node,
			  size_t node_length);

#define USB_TITLE_SIZE 96

/*
 * "0951:1666 Kingston DataTraveler" for a dialog. The two names are the device's
 * own: whatever is not a letter, a digit or one of " ._+,:()/-" becomes "?", long
 * ones are cut. NULL: has none.
 */
void usb_title(const struct usb_facts *facts, const char *manufacturer, const char *product,
	       char title[USB_TITLE_SIZE]);

#endif
