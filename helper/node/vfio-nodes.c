/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The nodes of a PCI device bound to VFIO: held first, opened afterwards. */
#include "helper/node/vfio-nodes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/node/device-node.h"
#include "helper/privileges.h"

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

/* ---- holding ---- */

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
static int hold_both(int dev_fd, struct vfio_nodes *nodes, size_t *failed_out)
{
	for (size_t i = 0; i < NODES_MAX; i++) {
		int fd = device_node_find(dev_fd, nodes->paths[i] + strlen("/dev/"), S_IFCHR,
					  nodes->numbers[i]);

		*failed_out = i;
		if (fd < 0) {
			vfio_nodes_release(nodes);
			return fd;
		}
		nodes->held_fds[nodes->held_count++] = fd;
	}
	return 0;
}

static int hold_iommufd(int dev_fd, const struct vfio_finding *finding, struct vfio_nodes *nodes,
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
	return hold_both(dev_fd, nodes, failed_out);
}

static int hold_group(int dev_fd, const struct vfio_finding *finding, struct vfio_nodes *nodes,
		      size_t *failed_out)
{
	nodes->is_iommufd = 0;
	nodes->numbers[0] = finding->group_number;
	nodes->numbers[1] = finding->container_number;
	(void)snprintf(nodes->paths[0], sizeof nodes->paths[0], "/dev/vfio/%u",
		       (unsigned)finding->group);
	(void)snprintf(nodes->paths[1], sizeof nodes->paths[1], "/dev/vfio/vfio");
	return hold_both(dev_fd, nodes, failed_out);
}

enum reply_code vfio_nodes_hold(int dev_fd, const struct vfio_finding *finding,
				const struct request *request, struct vfio_nodes *nodes,
				struct refusal *why)
{
	char object[REQUEST_TEXT_SIZE];
	int result = -ENOENT;
	size_t failed = 0;

	request_describe(request, object);
	if (request->vfio_nodes != VFIO_NODES_GROUP)
		result = hold_iommufd(dev_fd, finding, nodes, &failed);
	if (result == -ENOENT && finding->group_number != 0 && finding->container_number != 0)
		result = hold_group(dev_fd, finding, nodes, &failed);
	else if (result == -ENOENT && !nodes->is_iommufd)
		return refuse(why, REPLY_OBJECT,
			      "%s: the kernel has no %s%s: ask the administrator to run: "
			      "modprobe -a vfio-pci vfio_iommu_type1",
			      object, finding->group_number == 0 ? "VFIO group for it"
								 : "/dev/vfio/vfio",
			      request->vfio_nodes == VFIO_NODES_GROUP ? "" : ", nor an iommufd");
	return result == 0 ? REPLY_GRANTED
			   : refuse_node(object, nodes->paths[failed], result, why);
}

void vfio_nodes_release(struct vfio_nodes *nodes)
{
	for (size_t i = 0; i < nodes->held_count; i++)
		close(nodes->held_fds[i]);
	nodes->held_count = 0;
}

/* ---- opening ---- */

static enum reply_code refuse_busy(const char *object, const char *path, struct refusal *why)
{
	return refuse(why, REPLY_OBJECT,
		      "%s: %s is in use by another virtual machine, or was given to this one before: "
		      "end that one first", object, path);
}

static enum reply_code open_both(const struct vfio_nodes *held, const char *object,
				 struct nodes *nodes, struct refusal *why)
{
	for (size_t i = 0; i < held->held_count; i++) {
		int fd = device_node_open(held->held_fds[i], O_RDWR, S_IFCHR, held->numbers[i]);

		if (fd == -EBUSY)
			return refuse_busy(object, held->paths[i], why);
		if (fd < 0)
			return refuse(why, REPLY_OBJECT, "%s: cannot open %s: %s", object,
				      held->paths[i], strerror(-fd));
		nodes->fds[nodes->fd_count++] = fd;
	}
	return REPLY_GRANTED;
}

/*
 * The kernel's last word: other drivers may have come to a device of the group, or
 * been on a bridge, where VFIO does not let all of them stay.
 */
static enum reply_code check_group(int fd, const char *object, const char *path,
				   struct refusal *why)
{
	struct vfio_group_status status = { .argsz = sizeof status };

	if (ioctl(fd, VFIO_GROUP_GET_STATUS, &status) < 0)
		return refuse(why, REPLY_OBJECT, "%s: %s is no VFIO group: %s", object, path,
			      strerror(errno));
	if ((status.flags & VFIO_GROUP_FLAGS_CONTAINER_SET) != 0)
		return refuse_busy(object, path, why);
	if ((status.flags & VFIO_GROUP_FLAGS_VIABLE) == 0)
		return refuse(why, REPLY_OBJECT,
			      "%s: the kernel calls its IOMMU group not viable: the host still uses a "
			      "device or bridge of it: ask the administrator to look at %s in the "
			      "kernel's log", object, path);
	return REPLY_GRANTED;
}

/*
 * Without CAP_SYS_RESOURCE the kernel's default stays, which counts all of a user's
 * processes together: that is less than the rule gives, never more.
 */
static enum reply_code charge_processes(int fd, const char *object, const char *path,
					struct refusal *why)
{
	struct iommufd_option option = { .size = sizeof option, .value = 1 };
	int result;

	(void)privileges_raise(PRIVILEGE_LIMITS);
	result = ioctl(fd, IOMMUFD_OPTION, &option) < 0 ? -errno : 0;
	privileges_lower();
	if (result == 0 || result == -EPERM)
		return REPLY_GRANTED;
	return refuse(why, REPLY_OBJECT, "%s: %s is no iommufd: %s", object, path,
		      strerror(-result));
}

enum reply_code vfio_nodes_open(const struct vfio_nodes *held, const char *object,
				struct nodes *nodes, struct refusal *why)
{
	enum reply_code code = open_both(held, object, nodes, why);

	if (code == REPLY_GRANTED)
		code = held->is_iommufd
			       ? charge_processes(nodes->fds[1], object, held->paths[1], why)
			       : check_group(nodes->fds[0], object, held->paths[0], why);
	if (code != REPLY_GRANTED)
		nodes_close(nodes);
	return code;
}
