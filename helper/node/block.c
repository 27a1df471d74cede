/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A block device, opened and claimed. */
#include "helper/node/block.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

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

int block_open(const struct order_block *order, struct node *node_out)
{
	int fd, result;

	*node_out = (struct node){ .kind = S_IFBLK };
	(void)snprintf(node_out->attribute, sizeof node_out->attribute, "/sys/class/block/%s/dev",
		       order->name);
	(void)snprintf(node_out->path, sizeof node_out->path, "/dev/%s", order->name);
	/* The kernel writes "!" in sysfs for a "/" in the name of a node. */
	for (char *mark = strchr(node_out->path, '!'); mark != NULL; mark = strchr(mark, '!'))
		*mark = '/';
	fd = node_open(node_out, O_EXCL | (order->read_only ? O_RDONLY : O_RDWR));
	result = fd < 0 ? fd : check_sequence(fd, order->diskseq);
	if (result < 0 && fd >= 0)
		close(fd);
	return result < 0 ? result : fd;
}
