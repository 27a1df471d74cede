/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * USB and PCI devices for the program that vmgrant run starts.
 */
#ifndef VMGRANT_CLIENT_COMMAND_RUN_RUN_DEVICE_H
#define VMGRANT_CLIENT_COMMAND_RUN_RUN_DEVICE_H

#include "client/command/run/launch-device.h"

#define RUN_VFIO_MAX 16

struct run_devices {
	size_t usb_count, vfio_count;
	struct usb_device usb[LAUNCH_USB_MAX];
	struct vfio_device vfio[RUN_VFIO_MAX];
};

/*
 * All return 0, or the exit status and have said why.
 *
 * text is what stands behind --usb or --vfio.
 */
int run_devices_add_usb(struct run_devices *devices, const char *text);
int run_devices_add_vfio(struct run_devices *devices, const char *text);

/*
 * Ask for all. flags: VMGRANT_DEVICE_INTERACTIVE, VMGRANT_DEVICE_QUERY. A query gets
 * fds from *example_fd on, which is counted up.
 */
int run_devices_ask(struct run_devices *devices, struct vmgrant_connection *connection,
		    unsigned flags, int *example_fd);

/*
 * Last before exec: the fds stay open, and where the program opens nodes by path its
 * opens are answered from now on.
 */
int run_devices_hand_over(const struct run_devices *devices, char *const arguments[]);

#endif
