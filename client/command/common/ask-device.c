/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Getting the node of a USB or PCI device. */
#include "client/command/common/ask-device.h"

#include "client/command/common/command.h"

int ask_device_usb(struct vmgrant_connection *connection, const struct usb_option *option,
		   unsigned flags, struct vmgrant_usb *usb)
{
	struct vmgrant_usb_request request = usb_option_request(option, flags);
	enum vmgrant_code code;
	sigset_t before;

	usb->size = sizeof *usb;
	command_hold_interrupts(&before);
	code = vmgrant_usb(connection, &request, usb);
	return command_end_request(connection, code, "usb", option->text, &before);
}

int ask_device_vfio(struct vmgrant_connection *connection, const struct vfio_option *option,
		    unsigned flags, struct vmgrant_vfio *vfio)
{
	struct vmgrant_vfio_request request = {
		.size = sizeof request,
		.flags = flags | (option->iommufd_off ? VMGRANT_VFIO_GROUP : 0u),
		.address = option->address,
		.memlock_bytes = option->memlock_bytes,
	};
	enum vmgrant_code code;
	sigset_t before;

	vfio->size = sizeof *vfio;
	command_hold_interrupts(&before);
	code = vmgrant_vfio(connection, &request, vfio);
	return command_end_request(connection, code, "vfio", option->address, &before);
}
