/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The nodes of a PCI device that is bound to VFIO. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "helper/node/node.h"
#include "helper/node/perform.h"
#include "helper/privileges.h"

#define VFIO_NODES 2

/* From linux/iommufd.h, which older headers do not have. */
struct iommufd_option {
	uint32_t size;
	uint32_t option_id; /* 0: RLIMIT_MODE */
	uint16_t op;        /* 0: set */
	uint16_t reserved;
	uint32_t object_id;
	uint64_t value; /* 1: the memory counts towards the process that maps it */
};

#define IOMMUFD_OPTION _IO(';', 0x87)

_Static_assert(sizeof(struct iommufd_option) == 24, "the kernel's layout");

static void name_nodes(const struct order_vfio *order, struct node nodes[VFIO_NODES])
{
	const unsigned index = order->index;

	nodes[0] = nodes[1] = (struct node){ .kind = S_IFCHR };
	if (order->iommufd) {
		(void)snprintf(nodes[0].attribute, NODE_PATH_SIZE,
			       "/sys/class/vfio-dev/vfio%u/dev", index);
		(void)snprintf(nodes[0].path, NODE_PATH_SIZE, "/dev/vfio/devices/vfio%u", index);
		(void)snprintf(nodes[1].attribute, NODE_PATH_SIZE, "/sys/class/misc/iommu/dev");
		(void)snprintf(nodes[1].path, NODE_PATH_SIZE, "/dev/iommu");
		return;
	}
	(void)snprintf(nodes[0].attribute, NODE_PATH_SIZE, "/sys/class/vfio/%u/dev", index);
	(void)snprintf(nodes[0].path, NODE_PATH_SIZE, "/dev/vfio/%u", index);
	(void)snprintf(nodes[1].attribute, NODE_PATH_SIZE, "/sys/class/misc/vfio/dev");
	(void)snprintf(nodes[1].path, NODE_PATH_SIZE, "/dev/vfio/vfio");
}

/*
 * An iommufd is told to charge each process for the memory that it maps, as a container does,
 * instead of all processes of a user together. Without the right for it the kernel's default
 * stays, which is narrower.
 */
static int charge_processes(int fd)
{
	struct iommufd_option option = { .size = sizeof option, .value = 1 };
	int result;

	(void)privileges_raise(ORDER_RIGHT_LIMITS);
	result = ioctl(fd, IOMMUFD_OPTION, &option) < 0 ? -errno : 0;
	privileges_lower();
	return result == -EPERM ? 0 : result;
}

/*
 * The device's own node and /dev/iommu, or its group and /dev/vfio/vfio. Opening a group takes it:
 * -EBUSY if it is open already.
 *
 * nodes_out  for the record; of a failure, failed_out is the one it was with
 * files_out  both, in that order; none on a failure
 */
static int open_nodes(const struct order_vfio *order, struct node nodes_out[VFIO_NODES],
		      struct fd_list *files_out, unsigned *failed_out)
{
	int result = 0;

	name_nodes(order, nodes_out);
	files_out->count = 0;
	for (unsigned i = 0; i < VFIO_NODES && result >= 0; i++) {
		*failed_out = i;
		result = node_open(&nodes_out[i], O_RDWR);
		if (result >= 0)
			files_out->fds[files_out->count++] = result;
	}
	if (result >= 0)
		result = order->iommufd ? charge_processes(files_out->fds[1]) : 0;
	if (result < 0)
		fd_list_close(files_out);
	return result;
}

void perform_vfio(struct service *service)
{
	const struct order_vfio *order = &service->order.vfio;
	struct node nodes[VFIO_NODES];
	unsigned failed = 0;
	int result = service_is_fresh(order->judged_ms)
			     ? open_nodes(order, nodes, &service->files, &failed)
			     : -ETIME;

	service->answer.result = result;
	service->answer.step = result < 0 ? failed : 0;
	if (result == 0)
		service_record_grant(service, "org.vmgrant.vfio", nodes[0].path, &order->words);
}
