/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Whether a disk is in use, by the helper, who may open it. */
#include "judge/kind/disk-order.h"

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

static int make_order(const char *name, enum order_disk_look look, struct order *order_out)
{
	*order_out = (struct order){ .type = ORDER_DISK, .disk = { .look = look } };
	if (strlen(name) >= sizeof order_out->disk.name)
		return -ENAMETOOLONG;
	memcpy(order_out->disk.name, name, strlen(name));
	return 0;
}

static dev_t backing_of(const struct delivery *delivery)
{
	return makedev(delivery->answer.disk.major, delivery->answer.disk.minor);
}

int disk_order_look(struct orders *orders, const char *name, enum order_disk_look look,
		    dev_t *backing_out)
{
	struct delivery delivery;
	struct order order;
	int result = make_order(name, look, &order);

	if (result < 0)
		return result;
	result = orders_call(orders, &order, &delivery);
	fd_list_close(&delivery.files);
	if (look == ORDER_DISK_LOOP && result == 0)
		*backing_out = backing_of(&delivery);
	return result;
}

void disk_order_look_at_loops(struct orders *orders, struct disk_loop *loops, size_t count)
{
	struct delivery delivery;
	struct order order;

	for (size_t i = 0; i < count; i++) {
		loops[i].result = make_order(loops[i].name, ORDER_DISK_LOOP, &order);
		if (loops[i].result == 0)
			loops[i].result = orders_send(orders, &order);
	}
	for (size_t i = 0; i < count; i++) {
		if (loops[i].result < 0)
			continue;
		loops[i].result = orders_receive(orders, ORDER_DISK, &delivery);
		fd_list_close(&delivery.files);
		loops[i].backing = loops[i].result == 0 ? backing_of(&delivery) : 0;
	}
}
