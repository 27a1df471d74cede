/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The nodes of a PCI device bound to VFIO, as they have to be.
 *
 * Looking has no effect. What the kernel names in sysfs must be there, a character
 * device of that very number; what the helper opens later is compared with it.
 */
#ifndef VMGRANT_JUDGE_KIND_VFIO_NODES_H
#define VMGRANT_JUDGE_KIND_VFIO_NODES_H

#include "judge/kind/vfio/find.h"
#include "judge/request.h"
#include "wire/protocol/protocol.h"
#include "wire/refusal/refusal.h"

#define VFIO_NODE_COUNT 2

/* Zeroed: none. */
struct vfio_nodes {
	int is_iommufd; /* 1: the device's own node and /dev/iommu; 0: group and container */
	int is_known;   /* 1: both are there */
	dev_t numbers[VFIO_NODE_COUNT]; /* in the order of struct protocol_reply */
	char paths[VFIO_NODE_COUNT][PROTOCOL_NODE_SIZE];
};

/*
 * Find them below an open /dev: for iommufd where kernel and /dev have them and the
 * request does not want them otherwise, else group and container.
 */
enum reply_code vfio_nodes_find(int dev_fd, const struct vfio_finding *finding,
				const struct request *request, struct vfio_nodes *nodes,
				struct refusal *why);

/* 1 if open files are these nodes. */
int vfio_nodes_match(const struct vfio_nodes *nodes, const int fds[VFIO_NODE_COUNT]);

#endif
