/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A USB device, by the node that usbfs has for it. */
#ifndef VMGRANT_JUDGE_KIND_USB_USB_H
#define VMGRANT_JUDGE_KIND_USB_USB_H

#include "judge/kind/kind.h"

extern const struct kind kind_usb;

#endif
