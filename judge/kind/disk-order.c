/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Whether a disk is in use, by the helper, who may open it. */
#include "judge/kind/disk-order.h"

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

int disk_order_look(struct orders *orders, const char *name, enum order_disk_look look,
		    dev_t *backing_out)
{
	struct order order = { .type = ORDER_DISK, .disk = { .look = look } };
	struct delivery delivery;
	int result;

	if (strlen(name) >= sizeof order.disk.name)
		return -ENAMETOOLONG;
	memcpy(order.disk.name, name, strlen(name));
	result = orders_call(orders, &order, &delivery);
	fd_list_close(&delivery.files);
	if (look == ORDER_DISK_LOOP && result == 0)
		*backing_out = makedev(delivery.answer.disk.major, delivery.answer.disk.minor);
	return result;
}
