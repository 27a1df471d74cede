/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * QEMU's options for PCI devices. Pure.
 */
#ifndef VMGRANT_CLIENT_COMMAND_KIND_VFIO_LAUNCH_VFIO_H
#define VMGRANT_CLIENT_COMMAND_KIND_VFIO_LAUNCH_VFIO_H

#include "client/command/kind/vfio/vfio-option.h"
#include "client/command/qemu/launch.h"
#include "client/library/vmgrant.h"

struct vfio_device {
	struct vfio_option option;
	struct vmgrant_vfio vfio;
};

/* What keeps a PCI device from that machine: a phrase, NULL for nothing. */
const char *launch_vfio_misfit(const struct qemu_machine *machine);

/*
 * Those with VMGRANT_NODE_IOMMUFD by their fds, all through the first one's iommufd:
 * devices of one group have to share it. The others by address: QEMU opens their nodes.
 */
void launch_add_vfio(const struct vfio_device *devices, size_t count, char *const arguments[],
		     struct launch_qemu *qemu, struct words *words);

#endif
