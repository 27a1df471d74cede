/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The nodes of a PCI device bound to VFIO: held before the caller is authorised,
 * opened afterwards.
 *
 * Holding (O_PATH) has no effect. What is held is a character device of the very
 * number that the kernel names in sysfs, and what is opened is what is held: a node
 * replaced in between changes nothing. Opening the node of a device does nothing to
 * it before it is bound to an iommufd; opening that of a group takes the group.
 */
#ifndef VMGRANT_HELPER_NODE_VFIO_NODES_H
#define VMGRANT_HELPER_NODE_VFIO_NODES_H

#include "judge/nodes.h"
#include "wire/refusal.h"
#include "judge/request.h"
#include "judge/kind/vfio/find.h"

struct vfio_nodes {
	int held_fds[NODES_MAX]; /* in the order of struct protocol_reply */
	size_t held_count;
	dev_t numbers[NODES_MAX];
	int is_iommufd; /* 1: the device's own node and /dev/iommu; 0: group and container */
	char paths[NODES_MAX][PROTOCOL_NODE_SIZE];
};

/*
 * Take hold of the nodes below an open /dev: for iommufd where kernel and /dev have
 * them and the request does not want them otherwise, else group and container. Zeroed
 * or filled, *nodes can be released.
 */
enum reply_code vfio_nodes_hold(int dev_fd, const struct vfio_finding *finding,
				const struct request *request, struct vfio_nodes *nodes,
				struct refusal *why);

void vfio_nodes_release(struct vfio_nodes *nodes);

/*
 * Open what is held, for reading and writing. Raises PRIVILEGE_OPEN, and
 * PRIVILEGE_LIMITS for an iommufd: each process is then charged for the memory that
 * it maps, as by a container, instead of all processes of a user together.
 * After a refusal nothing is open.
 *
 * object  for sentences: "vfio 0000:03:00.0"
 */
enum reply_code vfio_nodes_open(const struct vfio_nodes *held, const char *object,
				struct nodes *nodes, struct refusal *why);

#endif
