/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Getting the node of a USB device. */
#include "client/command/kind/usb/ask-usb.h"

#include "client/command/common/command.h"

int ask_usb(struct vmgrant_connection *connection, const struct usb_option *option, unsigned flags,
	    struct vmgrant_usb *usb)
{
	struct vmgrant_usb_request request = usb_option_request(option, flags);
	enum vmgrant_code code;
	sigset_t before;

	usb->size = sizeof *usb;
	command_hold_interrupts(&before);
	code = vmgrant_usb(connection, &request, usb);
	return command_end_request(connection, code, "usb", option->text, &before);
}
