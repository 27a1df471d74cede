/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The nodes of a PCI device bound to VFIO, as they have to be. */
#include "judge/kind/vfio/nodes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "judge/sysfs/node.h"

static enum reply_code refuse_node(const char *object, const char *path, int result,
				   struct refusal *why)
{
	switch (result) {
	case -ENOENT:
		return refuse(why, REPLY_OBJECT,
			      "%s: %s is missing: ask the administrator why udev has not made it",
			      object, path);
	case -ENODEV:
	case -ENOTDIR:
		return refuse(why, REPLY_OBJECT,
			      "%s: %s is not the device that the kernel names: ask the administrator "
			      "who replaced it", object, path);
	default:
		return refuse(why, REPLY_INTERNAL, "%s: cannot look at %s: %s", object, path,
			      strerror(-result));
	}
}

/* Both nodes or none. Returns 0, or -errno with *failed_out naming the one that failed. */
static int find_both(int dev_fd, struct vfio_nodes *nodes, size_t *failed_out)
{
	for (size_t i = 0; i < VFIO_NODE_COUNT; i++) {
		int fd = device_node_find(dev_fd, nodes->paths[i] + strlen("/dev/"), S_IFCHR,
					  nodes->numbers[i]);

		*failed_out = i;
		if (fd < 0)
			return fd;
		close(fd);
	}
	nodes->is_known = 1;
	return 0;
}

static int find_iommufd(int dev_fd, const struct vfio_finding *finding, struct vfio_nodes *nodes,
			size_t *failed_out)
{
	if (finding->device_number == 0 || finding->iommu_number == 0)
		return -ENOENT;
	nodes->is_iommufd = 1;
	nodes->numbers[0] = finding->device_number;
	nodes->numbers[1] = finding->iommu_number;
	(void)snprintf(nodes->paths[0], sizeof nodes->paths[0], "/dev/vfio/devices/vfio%u",
		       (unsigned)finding->device_index);
	(void)snprintf(nodes->paths[1], sizeof nodes->paths[1], "/dev/iommu");
	return find_both(dev_fd, nodes, failed_out);
}

static int find_group(int dev_fd, const struct vfio_finding *finding, struct vfio_nodes *nodes,
		      size_t *failed_out)
{
	nodes->is_iommufd = 0;
	nodes->numbers[0] = finding->group_number;
	nodes->numbers[1] = finding->container_number;
	(void)snprintf(nodes->paths[0], sizeof nodes->paths[0], "/dev/vfio/%u",
		       (unsigned)finding->group);
	(void)snprintf(nodes->paths[1], sizeof nodes->paths[1], "/dev/vfio/vfio");
	return find_both(dev_fd, nodes, failed_out);
}

enum reply_code vfio_nodes_find(int dev_fd, const struct vfio_finding *finding,
				const struct request *request, struct vfio_nodes *nodes,
				struct refusal *why)
{
	char object[REQUEST_TEXT_SIZE];
	int result = -ENOENT;
	size_t failed = 0;

	request_describe(request, object);
	if (request->vfio.nodes != VFIO_NODES_GROUP)
		result = find_iommufd(dev_fd, finding, nodes, &failed);
	if (result == -ENOENT && finding->group_number != 0 && finding->container_number != 0)
		result = find_group(dev_fd, finding, nodes, &failed);
	else if (result == -ENOENT && !nodes->is_iommufd)
		return refuse(why, REPLY_OBJECT,
			      "%s: the kernel has no %s%s: ask the administrator to run: "
			      "modprobe -a vfio-pci vfio_iommu_type1",
			      object, finding->group_number == 0 ? "VFIO group for it"
								 : "/dev/vfio/vfio",
			      request->vfio.nodes == VFIO_NODES_GROUP ? "" : ", nor an iommufd");
	return result == 0 ? REPLY_GRANTED
			   : refuse_node(object, nodes->paths[failed], result, why);
}

int vfio_nodes_match(const struct vfio_nodes *nodes, const int fds[VFIO_NODE_COUNT])
{
	for (size_t i = 0; i < VFIO_NODE_COUNT; i++) {
		struct stat status;

		if (fstat(fds[i], &status) < 0 || !S_ISCHR(status.st_mode) ||
		    status.st_rdev != nodes->numbers[i])
			return 0;
	}
	return 1;
}
