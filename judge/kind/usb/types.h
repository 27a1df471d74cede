/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * USB devices: what a rule selects, what an object is, what a request names.
 */
#ifndef VMGRANT_JUDGE_KIND_USB_TYPES_H
#define VMGRANT_JUDGE_KIND_USB_TYPES_H

#include <stddef.h>

#include "judge/policy/id.h"

#define ACL_SERIAL_MAX 126u     /* characters of a USB string descriptor */

struct acl_usb_selector {
	struct acl_id16 vendor, product; /* both any when no VID:PID was written */
	int class_code;                  /* 0-255, -1 when not written */
	const char *serial;              /* NULL when not written */
	const char *port;                /* "1-1.4", NULL when not written */
};

struct acl_usb_object {
	uint16_t vendor, product;
	const char *serial; /* NULL: has none */
	const char *port;
	/* Class codes of the device and of its interfaces. */
	const uint8_t *classes;
	size_t class_count;
	uint8_t one_class; /* room for one that a rule names */
};

#define REQUEST_USB_PORT_SIZE 32u
#define REQUEST_USB_SERIAL_SIZE (ACL_SERIAL_MAX + 2u)

/* What names a USB device: all that is given has to fit, and something is. */
struct request_usb {
	uint8_t has_ids, has_number; /* 1: given */
	uint16_t vendor, product;
	uint16_t bus, device;               /* 1 to 999 each */
	char port[REQUEST_USB_PORT_SIZE];   /* well-formed, "1-1.4"; "": not given */
	char serial[REQUEST_USB_SERIAL_SIZE]; /* any bytes; "": not given */
};

#endif
