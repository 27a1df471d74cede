/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Getting the node of a USB device.
 */
#ifndef VMGRANT_CLIENT_COMMAND_KIND_USB_ASK_USB_H
#define VMGRANT_CLIENT_COMMAND_KIND_USB_ASK_USB_H

#include "client/command/kind/usb/usb-option.h"
#include "client/library/vmgrant.h"

/*
 * flags: VMGRANT_DEVICE_INTERACTIVE, VMGRANT_DEVICE_QUERY. Returns 0, or the exit status and
 * has said why.
 */
int ask_usb(struct vmgrant_connection *connection, const struct usb_option *option, unsigned flags,
	    struct vmgrant_usb *usb);

#endif
