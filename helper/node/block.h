/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Block devices: opened and claimed, or only looked at. */
#ifndef VMGRANT_HELPER_NODE_BLOCK_H
#define VMGRANT_HELPER_NODE_BLOCK_H

#include "helper/node/node.h"
#include "wire/orders/orders.h"

/*
 * Open the node of a block device for itself alone (O_EXCL): the claim lasts as long as
 * anybody has the open file, whichever process that is. The disk must have the sequence
 * number of the order.
 *
 * node_out  for the record
 * Returns an fd that the caller owns, or -errno: -EBUSY if something else has claimed it,
 * -ESTALE if it is another disk by now.
 */
int block_open(const struct order_block *order, struct node *node_out);

/*
 * Claim a block device for a moment (O_EXCL), for reading and without waiting for a
 * medium, or ask a loop device what it stands on. Nothing stays open.
 *
 * answer_out  of ORDER_DISK_LOOP
 * Returns 0 or -errno: -EBUSY if something else has claimed it.
 */
int block_look(const struct order_disk *order, struct answer_disk *answer_out);

#endif
