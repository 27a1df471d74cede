/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The node of a USB device. */
#ifndef VMGRANT_HELPER_NODE_USB_H
#define VMGRANT_HELPER_NODE_USB_H

#include "helper/node/node.h"
#include "wire/orders/orders.h"

/*
 * Open the node of the device at a port, for reading and writing: the one of these numbers, if
 * it is that device's. The port may be another device's by now: the judge, who held its folder
 * in sysfs, looks at what comes.
 *
 * node_out  for the record
 * Returns an fd that the caller owns, or -errno.
 */
int usb_open(const struct order_usb *order, struct node *node_out);

#endif
