/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Which USB devices of this machine fit a request. Needs no privilege.
 */
#ifndef VMGRANT_JUDGE_KIND_USB_FIND_H
#define VMGRANT_JUDGE_KIND_USB_FIND_H

#include "judge/request.h"
#include "judge/kind/usb/device.h"

/* Open /sys and /dev; what there is none of stays -1 and has no devices. */
void usb_places_open(struct usb_places *places);
void usb_places_close(struct usb_places *places);

/* Gets each device that fits; keeps it, or releases it. */
typedef void usb_visit(void *context, struct usb_device *device);

/*
 * Visit all that fit everything that the request names. Devices whose attributes
 * or descriptors are not what they should be fit nothing. Of those that do not
 * fit, at most two attributes are read: a bus may have hundreds.
 */
void usb_find(const struct usb_places *places, const struct request_usb *wanted, usb_visit *visit,
	      void *context);

/* 1 if other devices hang on it, as a hub's folder holds theirs, 0 if not, or -errno. */
int usb_has_children(const struct usb_device *device);

#endif
