/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The node of a USB device. */
#include "helper/node/usb.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

int usb_open(const struct order_usb *order, struct node *node_out)
{
	*node_out = (struct node){ .kind = S_IFCHR };
	(void)snprintf(node_out->attribute, sizeof node_out->attribute,
		       "/sys/bus/usb/devices/%s/dev", order->port);
	(void)snprintf(node_out->path, sizeof node_out->path, "/dev/bus/usb/%03u/%03u",
		       order->bus, order->device);
	return node_open(node_out, O_RDWR);
}
