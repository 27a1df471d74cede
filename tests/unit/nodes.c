/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * In the place of /dev, for tests that run as anybody: there is no USB bus 9, and a
 * disk is in use, without a medium, closed or not to be opened if it is called so.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "judge/kind/disk-order.h"
#include "judge/sysfs/node.h"

int device_node_find(int dev, const char *path, mode_t kind, dev_t number)
{
	(void)dev;
	(void)kind;
	(void)number;
	if (strncmp(path, "bus/usb/009", 11) == 0)
		return -ENODEV;
	return open("/dev/null", O_PATH | O_CLOEXEC);
}

int disk_order_look(struct orders *orders, const char *name, enum order_disk_look look,
		    dev_t *backing_out)
{
	(void)orders;
	(void)backing_out;
	if (strcmp(name, "busy") == 0)
		return look == ORDER_DISK_CLAIM ? -EBUSY : -EIO;
	if (strcmp(name, "empty") == 0)
		return -ENOMEDIUM;
	if (strcmp(name, "denied") == 0)
		return -EACCES;
	if (strcmp(name, "sdclosed") == 0)
		return -EPERM;
	return look == ORDER_DISK_CLAIM ? 0 : -ENXIO;
}

void disk_order_look_at_loops(struct orders *orders, struct disk_loop *loops, size_t count)
{
	for (size_t i = 0; i < count; i++)
		loops[i].result =
			disk_order_look(orders, loops[i].name, ORDER_DISK_LOOP, &loops[i].backing);
}
