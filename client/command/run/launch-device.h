/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * QEMU's options for USB and PCI devices. Pure.
 */
#ifndef VMGRANT_CLIENT_COMMAND_RUN_LAUNCH_DEVICE_H
#define VMGRANT_CLIENT_COMMAND_RUN_LAUNCH_DEVICE_H

#include "client/command/common/text.h"
#include "client/command/common/usb-option.h"
#include "client/command/common/vfio-option.h"
#include "client/library/vmgrant.h"

/* A controller of QEMU's has so many ports at most. */
#define LAUNCH_USB_MAX 15

/* What vmgrant names in QEMU begins so. */
#define LAUNCH_PREFIX "vmgrant-"

struct usb_device {
	struct usb_option option;
	struct vmgrant_usb usb;
};

struct vfio_device {
	struct vfio_option option;
	struct vmgrant_vfio vfio;
};

/* A USB controller and the devices at it; nothing if count is 0. */
void launch_add_usb(const struct usb_device *devices, size_t count, struct words *words);

/*
 * Those with VMGRANT_NODE_IOMMUFD by their fds, all through the first one's iommufd:
 * devices of one group have to share it. The others by address: QEMU opens their nodes.
 */
void launch_add_vfio(const struct vfio_device *devices, size_t count, struct words *words);

#endif
