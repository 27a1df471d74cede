/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Whether a block device is in use. */
#include "helper/node/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "helper/node/node.h"

static int open_disk(const struct order_disk *order, int flags)
{
	struct node node = { .kind = S_IFBLK };

	(void)snprintf(node.attribute, sizeof node.attribute, "/sys/class/block/%s/dev",
		       order->name);
	(void)snprintf(node.path, sizeof node.path, "/dev/%s", order->name);
	/* The kernel writes "!" in sysfs for a "/" in the name of a node. */
	for (char *mark = strchr(node.path, '!'); mark != NULL; mark = strchr(mark, '!'))
		*mark = '/';
	return node_open(&node, flags | O_RDONLY | O_NONBLOCK);
}

static int read_backing(int fd, struct answer_disk *answer)
{
	struct loop_info64 info = { .lo_number = 0 };

	if (ioctl(fd, LOOP_GET_STATUS64, &info) < 0)
		return -errno;
	answer->major = major((dev_t)info.lo_rdevice);
	answer->minor = minor((dev_t)info.lo_rdevice);
	return 0;
}

int disk_look(const struct order_disk *order, struct answer_disk *answer_out)
{
	int fd = open_disk(order, order->look == ORDER_DISK_CLAIM ? O_EXCL : 0), result = 0;

	if (fd < 0)
		return fd;
	if (order->look == ORDER_DISK_LOOP)
		result = read_backing(fd, answer_out);
	close(fd);
	return result;
}
