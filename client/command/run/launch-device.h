/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * QEMU's options for USB and PCI devices. Pure.
 */
#ifndef VMGRANT_CLIENT_COMMAND_RUN_LAUNCH_DEVICE_H
#define VMGRANT_CLIENT_COMMAND_RUN_LAUNCH_DEVICE_H

#include "client/command/common/text.h"
#include "client/command/common/usb-option.h"
#include "client/command/common/vfio-option.h"
#include "client/command/run/launch.h"
#include "client/library/vmgrant.h"

/* A controller of QEMU's has so many ports at most. */
#define LAUNCH_USB_MAX 15

struct usb_device {
	struct usb_option option;
	struct vmgrant_usb usb; /* usb.fd is -1 while it is not there */
	char id[32];            /* in QEMU, set by launch_add_usb() */
	int monitor_fd, qemu_fd; /* of a device that is followed: run_follow_add() */
};

struct vfio_device {
	struct vfio_option option;
	struct vmgrant_vfio vfio;
};

/*
 * What keeps such devices from a machine: a phrase "machine NAME: WHY: WHAT TO DO" in why.
 * Returns 0, or -1 with that.
 */
int launch_check_devices(const struct qemu_machine *machine, size_t usb_count, size_t vfio_count,
			 char *why, size_t why_size);

/*
 * A USB controller where the machine has none, and the devices at it that are there;
 * nothing if there is none and none is followed. arguments are those of the person.
 */
void launch_add_usb(struct usb_device *devices, size_t count, char *const arguments[],
		    struct launch_qemu *qemu, struct words *words);

/*
 * Those with VMGRANT_NODE_IOMMUFD by their fds, all through the first one's iommufd:
 * devices of one group have to share it. The others by address: QEMU opens their nodes.
 */
void launch_add_vfio(const struct vfio_device *devices, size_t count, char *const arguments[],
		     struct launch_qemu *qemu, struct words *words);

#endif
