/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * USB devices: the parts of the kind's row, and what vmgrant run remembers of them.
 */
#ifndef VMGRANT_CLIENT_COMMAND_KIND_USB_USB_H
#define VMGRANT_CLIENT_COMMAND_KIND_USB_USB_H

#include "client/command/attach/attach.h"
#include "client/command/kind/usb/launch-usb.h"
#include "client/command/list/list.h"
#include "client/command/run/run.h"
#include "client/qmp/usb.h"

struct usb_devices {
	size_t count;
	struct usb_device items[LAUNCH_USB_MAX];
};

/* Of vmgrant attach. */
struct attached_usb {
	struct usb_option option;
	struct vmgrant_usb usb;
	struct qmp_usb plugged;
};

extern const struct run_kind run_usb;
extern const struct attach_kind attach_usb;

int list_usb(struct list *list);

#endif
