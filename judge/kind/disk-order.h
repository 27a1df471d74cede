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

#endif
