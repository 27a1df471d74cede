/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Whether a block device is in use. */
#ifndef VMGRANT_HELPER_NODE_DISK_H
#define VMGRANT_HELPER_NODE_DISK_H

#include "wire/orders.h"

/*
 * Claim a block device for a moment (O_EXCL), for reading and without waiting for a
 * medium, or ask a loop device what it stands on. Nothing stays open.
 *
 * answer_out  of ORDER_DISK_LOOP
 * Returns 0 or -errno: -EBUSY if something else has claimed it.
 */
int disk_look(const struct order_disk *order, struct answer_disk *answer_out);

#endif
