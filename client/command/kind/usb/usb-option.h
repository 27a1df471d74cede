/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The words of --usb: what the device is known by, in parts between commas:
 *
 *     VID:PID             as lsusb prints it, four hexadecimal digits each
 *     BUS-PORT[.PORT...]  where it is plugged in, as sysfs names it: 1-1.4
 *     port=BUS-PORT...    the same
 *     bus=N,device=N      as lsusb counts them; they change when it is plugged in again
 *     optional            it may be missing
 *     follow              it is plugged in whenever it comes
 *     serial=TEXT         its serial number; comes last and may have commas
 *
 * Pure.
 */
#ifndef VMGRANT_CLIENT_COMMAND_KIND_USB_USB_OPTION_H
#define VMGRANT_CLIENT_COMMAND_KIND_USB_USB_OPTION_H

#include "client/library/vmgrant.h"

struct usb_option {
	const char *text; /* all of it; borrowed */
	int has_ids, has_number;
	int optional, follow;
	uint16_t vendor, product;
	uint16_t bus, device;
	char port[32];    /* "": any */
	char serial[128]; /* "": any */
};

/* Returns 0, or -1 with a phrase in why: "WHAT: WHY". */
int usb_option_parse(const char *text, struct usb_option *option, char *why, size_t why_size);

/* The request for it, whose strings are those of the option. */
struct vmgrant_usb_request usb_option_request(const struct usb_option *option, unsigned flags);

#endif
