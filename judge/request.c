/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words for one request. Pure. */
#include "judge/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "wire/escape.h"

static void append(char text[REQUEST_TEXT_SIZE], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void append(char text[REQUEST_TEXT_SIZE], const char *format, ...)
{
	size_t length = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text + length, REQUEST_TEXT_SIZE - length, format, arguments);
	va_end(arguments);
}

static void describe_usb(const struct request_usb *usb, char text[REQUEST_TEXT_SIZE])
{
	char escaped[80];

	append(text, "usb");
	if (usb->has_ids)
		append(text, " %04x:%04x", usb->vendor, usb->product);
	if (usb->has_number)
		append(text, " bus %u device %u", usb->bus, usb->device);
	if (usb->port[0] != '\0')
		append(text, " port %s", usb->port);
	if (usb->serial[0] != '\0') {
		escape_string(escaped, sizeof escaped, usb->serial);
		append(text, " serial %s", escaped);
	}
}

void request_describe(const struct request *request, char text[REQUEST_TEXT_SIZE])
{
	text[0] = '\0';
	switch (request->kind) {
	case REQUEST_TAP:
		append(text, "bridge %s", request->bridge);
		return;
	case REQUEST_USB:
		describe_usb(&request->usb, text);
		return;
	case REQUEST_VFIO:
		append(text, "vfio %s", request->pci_address);
		return;
	}
}

const char *request_action(const struct request *request)
{
	switch (request->kind) {
	case REQUEST_USB:
		return "org.vmgrant.usb";
	case REQUEST_VFIO:
		return "org.vmgrant.vfio";
	case REQUEST_TAP:
	default:
		return "org.vmgrant.tap";
	}
}
