/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Getting the nodes of a PCI device. */
#include "client/command/kind/vfio/ask-vfio.h"

#include "client/command/common/command.h"

int ask_vfio(struct vmgrant_connection *connection, const struct vfio_option *option,
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
