/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Getting the node of a USB or PCI device: what the subcommands share.
 */
#ifndef VMGRANT_CLIENT_COMMAND_COMMON_ASK_DEVICE_H
#define VMGRANT_CLIENT_COMMAND_COMMON_ASK_DEVICE_H

#include "client/command/common/usb-option.h"
#include "client/command/common/vfio-option.h"
#include "client/library/vmgrant.h"

/*
 * flags: VMGRANT_DEVICE_INTERACTIVE, VMGRANT_DEVICE_QUERY. Both return 0, or the exit
 * status and have said why.
 */
int ask_device_usb(struct vmgrant_connection *connection, const struct usb_option *option,
		   unsigned flags, struct vmgrant_usb *usb);
int ask_device_vfio(struct vmgrant_connection *connection, const struct vfio_option *option,
		    unsigned flags, struct vmgrant_vfio *vfio);

#endif
