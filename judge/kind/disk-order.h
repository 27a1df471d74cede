/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Whether a disk is in use, by the helper, who may open it. */
#ifndef VMGRANT_JUDGE_KIND_DISK_ORDER_H
#define VMGRANT_JUDGE_KIND_DISK_ORDER_H

#include "judge/orders.h"

/*
 * name         in /sys/class/block: "sdb"
 * look         ORDER_DISK_CLAIM: returns -EBUSY if something has claimed it;
 *              ORDER_DISK_LOOP: what a loop device stands on
 * backing_out  of ORDER_DISK_LOOP, else unused
 *
 * Returns 0 or a negative errno.
 */
int disk_order_look(struct orders *orders, const char *name, enum order_disk_look look,
		    dev_t *backing_out);

/* A loop device, and the answer to ORDER_DISK_LOOP about it. */
struct disk_loop {
	char name[ORDER_NAME_SIZE];
	int result; /* 0, or -errno */
	dev_t backing;
};

/* Asks about all of them, at most ORDERS_AHEAD, and waits once. */
void disk_order_look_at_loops(struct orders *orders, struct disk_loop *loops, size_t count);

#endif
