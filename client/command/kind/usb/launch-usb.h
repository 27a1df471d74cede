/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * QEMU's options for USB devices. Pure.
 */
#ifndef VMGRANT_CLIENT_COMMAND_KIND_USB_LAUNCH_USB_H
#define VMGRANT_CLIENT_COMMAND_KIND_USB_LAUNCH_USB_H

#include "client/command/kind/usb/usb-option.h"
#include "client/command/qemu/launch.h"
#include "client/library/vmgrant.h"

/* A controller of QEMU's has so many ports at most. */
#define LAUNCH_USB_MAX 15

struct usb_device {
	struct usb_option option;
	struct vmgrant_usb usb; /* usb.fd is -1 while it is not there */
	char id[32];            /* in QEMU, set by launch_add_usb() */
	int monitor_fd, qemu_fd; /* of a device that is followed: run_follow_add() */
};

/* What keeps a USB device from that machine: a phrase, NULL for nothing. */
const char *launch_usb_misfit(const struct qemu_machine *machine);

/*
 * A USB controller where the machine has none, and the devices at it that are there;
 * nothing if there is none and none is followed. arguments are those of the person.
 */
void launch_add_usb(struct usb_device *devices, size_t count, char *const arguments[],
		    struct launch_qemu *qemu, struct words *words);

#endif
