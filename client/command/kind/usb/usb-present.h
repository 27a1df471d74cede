/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Is a USB device plugged in? sysfs tells everybody. The helper does not tell it to those
 * who may not have the device, so whoever can do without it looks here first.
 */
#ifndef VMGRANT_CLIENT_COMMAND_KIND_USB_USB_PRESENT_H
#define VMGRANT_CLIENT_COMMAND_KIND_USB_USB_PRESENT_H

#include "client/command/kind/usb/usb-option.h"

/* root is before /sys, "" but for tests. Returns 1 if something fits, else 0. */
int usb_present(const char *root, const struct usb_option *option);

#endif
