/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * One USB device as it is in sysfs. Needs no privilege.
 *
 * Its folder there is held open from the first look: when the device is pulled
 * out, the folder is dead for good, also if the next device gets the same port
 * and number. What still answers through it at the end is what was authorised.
 */
#ifndef VMGRANT_JUDGE_KIND_USB_DEVICE_H
#define VMGRANT_JUDGE_KIND_USB_DEVICE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "judge/request.h"
#include "judge/kind/usb/descriptors.h"

#define USB_NODE_SIZE 32u /* PROTOCOL_NODE_SIZE */
#define USB_DEV_FOLDER "/dev/"
#define USB_DEVICE_TEXT_SIZE 160

/* Where devices are looked for; -1 where there is none. Tests bring their own. */
struct usb_places {
	int devices;      /* /sys/bus/usb/devices */
	int blocks;       /* /sys/class/block */
	int block_numbers; /* /sys/dev/block */
	int dev;          /* /dev */
};

/* Zeroed: none. */
struct usb_device {
	uint8_t *descriptors; /* NULL: none; as authorised */
	size_t descriptors_length;
	int folder; /* in sysfs */
	int node;   /* found, not opened; -1: not yet */
	dev_t number;
	uint32_t bus, device; /* 1 to 999 each */
	char port[REQUEST_USB_PORT_SIZE]; /* "1-1.4", "usb1" for a root hub */
	char path[USB_NODE_SIZE];         /* of the node: "/dev/bus/usb/001/004" */
	char serial[512]; /* any bytes; "": has none */
	struct usb_facts facts;
};

/*
 * Read what there is at a name of /sys/bus/usb/devices. Returns 0, or -errno with
 * *device empty. Release when done.
 */
int usb_device_load(int devices, const char *name, struct usb_device *device);

/*
 * The same device still? Everything that names it is read again. Returns 0, or
 * -errno: -ENODEV if it is gone or another one.
 */
int usb_device_check(const struct usb_device *device);

/* 1 if an open file is the node that was found, by its kind and number. */
int usb_device_is_node(const struct usb_device *device, int fd);

/* 1 if the descriptors that an open node gives are those that were authorised. */
int usb_device_matches_node(const struct usb_device *device, int fd);

/* 1 if the administrator keeps it from being used (authorized: USBGuard and the like). */
int usb_device_is_blocked(const struct usb_device *device);

/* "0951:1666 port 1-1.4 serial 00123", in printable ASCII; long serials are cut. */
void usb_device_describe(const struct usb_device *device, char text[USB_DEVICE_TEXT_SIZE]);

void usb_device_release(struct usb_device *device);

#endif
