/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * USB devices of vmgrant run that are plugged in whenever they come.
 */
#ifndef VMGRANT_CLIENT_COMMAND_KIND_USB_RUN_FOLLOW_H
#define VMGRANT_CLIENT_COMMAND_KIND_USB_RUN_FOLLOW_H

#include "client/command/kind/usb/usb.h"

/*
 * QEMU's options for a monitor for each device that is followed, by an end of a socket
 * pair that it inherits. The devices have their ids. In a dry run the numbers count on
 * from run->example_fd. All return 0, or the exit status and have said why.
 */
int run_follow_add(struct usb_devices *devices, struct run *run);

/*
 * Before exec: a process for each such device, of the same user, that ends with QEMU. It
 * is nobody's child, and has no file of the guest's but its end of that pair.
 */
int run_follow_start(struct usb_devices *devices, const struct run *run);

#endif
