/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Getting the nodes of a PCI device.
 */
#ifndef VMGRANT_CLIENT_COMMAND_KIND_VFIO_ASK_VFIO_H
#define VMGRANT_CLIENT_COMMAND_KIND_VFIO_ASK_VFIO_H

#include "client/command/kind/vfio/vfio-option.h"
#include "client/library/vmgrant.h"

/*
 * flags: VMGRANT_DEVICE_INTERACTIVE, VMGRANT_DEVICE_QUERY. Returns 0, or the exit status and
 * has said why.
 */
int ask_vfio(struct vmgrant_connection *connection, const struct vfio_option *option,
	     unsigned flags, struct vmgrant_vfio *vfio);

#endif
