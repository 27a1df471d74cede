/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What a request for a USB device found. */
#ifndef VMGRANT_JUDGE_KIND_USB_OBJECT_H
#define VMGRANT_JUDGE_KIND_USB_OBJECT_H

#include "judge/kind/usb/device.h"

struct usb_object {
	struct usb_places places;
	struct usb_device device; /* known when the request has been judged */
};

#endif
