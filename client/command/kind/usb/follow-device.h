/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Which USB device is the one that is followed.
 */
#ifndef VMGRANT_CLIENT_COMMAND_KIND_USB_FOLLOW_DEVICE_H
#define VMGRANT_CLIENT_COMMAND_KIND_USB_FOLLOW_DEVICE_H

#include <libudev.h>

#include "client/command/kind/usb/usb-option.h"

#define FOLLOW_PLACE_SIZE 32

/*
 * A device that was asked for by its place is whatever is plugged in there. Any other
 * one is from now on that of the same ids and serial number, wherever it is plugged in.
 * One that was unplugged meanwhile has no attributes: what was asked for has to do, if
 * that is enough. Returns 0 or -ENODEV.
 */
int follow_device_learn(struct usb_option *option, struct udev_device *device);

/*
 * Does that device look like the one? The helper looks again. place is option->port as the
 * person wrote it, "": any. A socket with USB 3 is two places, and both count.
 */
int follow_device_matches(const struct usb_option *option, const char *place,
			  struct udev_device *device);

/*
 * The other side of the socket of a place: "2-1.3" for "1-1.3". root is before /sys, ""
 * but for tests. Returns 0 or -1.
 */
int follow_device_peer(const char *root, const char *place, char peer_out[FOLLOW_PLACE_SIZE]);

#endif
