/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Block devices: opened and claimed, or only looked at. */
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
#include "helper/node/perform.h"

/* From linux/fs.h, which older headers do not have; since Linux 5.15. */
#ifndef BLKGETDISKSEQ
#define BLKGETDISKSEQ _IOR(0x12, 128, uint64_t)
#endif

/* The number that was judged is that of this very open file's disk, or there is none to judge. */
static int check_sequence(int fd, uint64_t wanted)
{
	uint64_t sequence;

	if (wanted == 0)
		return 0;
	if (ioctl(fd, BLKGETDISKSEQ, &sequence) < 0)
		return -errno;
	return sequence == wanted ? 0 : -ESTALE;
}

/* The kernel writes "!" in sysfs for a "/" in the name of a node. */
static struct node node_of(const char *name)
{
	struct node node = { .kind = S_IFBLK };

	(void)snprintf(node.attribute, sizeof node.attribute, "/sys/class/block/%s/dev", name);
	(void)snprintf(node.path, sizeof node.path, "/dev/%s", name);
	for (char *mark = strchr(node.path, '!'); mark != NULL; mark = strchr(mark, '!'))
		*mark = '/';
	return node;
}

/*
 * For itself alone (O_EXCL): the claim lasts as long as anybody has the open file, whichever
 * process that is.
 *
 * node_out  for the record
 * Returns an fd or -errno: -EBUSY if something else has claimed it, -ESTALE if it is another disk
 * by now than that of the order.
 */
static int open_disk(const struct order_block *order, struct node *node_out)
{
	int fd, result;

	*node_out = node_of(order->name);
	fd = node_open(node_out, O_EXCL | (order->read_only ? O_RDONLY : O_RDWR));
	result = fd < 0 ? fd : check_sequence(fd, order->diskseq);
	if (result < 0 && fd >= 0)
		close(fd);
	return result < 0 ? result : fd;
}

/* ---- only to look ---- */

static int read_backing(int fd, struct answer_disk *answer)
{
	struct loop_info64 info = { .lo_number = 0 };

	if (ioctl(fd, LOOP_GET_STATUS64, &info) < 0)
		return -errno;
	answer->major = major((dev_t)info.lo_rdevice);
	answer->minor = minor((dev_t)info.lo_rdevice);
	return 0;
}

/*
 * Claimed for a moment, without waiting for a medium, or asked, as a loop device, what it stands
 * on. Nothing stays open.
 */
static int look(const struct order_disk *order, struct answer_disk *answer_out)
{
	const struct node node = node_of(order->name);
	int claim = order->look == ORDER_DISK_CLAIM ? O_EXCL : 0, result = 0;
	int fd = node_open(&node, claim | O_RDONLY | O_NONBLOCK);

	if (fd < 0)
		return fd;
	if (order->look == ORDER_DISK_LOOP)
		result = read_backing(fd, answer_out);
	close(fd);
	return result;
}

void perform_disk(struct service *service)
{
	service->answer.result = look(&service->order.disk, &service->answer.disk);
}

void perform_block(struct service *service)
{
	const struct order_block *order = &service->order.block;
	struct node node;
	int fd = -EPERM;

	/* No rule gives this caller a disk, and what bridges and devices need must not do so. */
	if (!service->is_without_disks)
		fd = service_is_fresh(order->judged_ms) ? open_disk(order, &node) : -ETIME;
	service_put_fd(service, fd);
	if (fd >= 0)
		service_record_grant(service, "org.vmgrant.disk", node.path, &order->words);
}
