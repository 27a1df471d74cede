/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The nodes of a PCI device that is bound to VFIO. */
#ifndef VMGRANT_HELPER_NODE_VFIO_H
#define VMGRANT_HELPER_NODE_VFIO_H

#include "helper/node/node.h"
#include "wire/orders/orders.h"
#include "wire/process/fd-pass.h"

#define VFIO_NODES 2

/*
 * Open the device's own node and /dev/iommu, or its group and /dev/vfio/vfio, for reading
 * and writing. Opening a group takes it: -EBUSY if it is open already. An iommufd is told
 * to charge each process for the memory that it maps, as a container does, instead of all
 * processes of a user together (ORDER_RIGHT_LIMITS; without it the kernel's default
 * stays, which is narrower).
 *
 * nodes_out  for the record; of a failure, failed_out is the one it was with
 * files_out  both, in that order; none on a failure
 * Returns 0 or -errno.
 */
int vfio_open(const struct order_vfio *order, struct node nodes_out[VFIO_NODES],
	      struct fd_list *files_out, unsigned *failed_out);

#endif
