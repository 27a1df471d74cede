/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The node of a USB device. */
#include "helper/node/usb.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

static int read_attribute(const struct order_usb *order, const char *name, unsigned *number_out)
{
	char path[NODE_PATH_SIZE];

	(void)snprintf(path, sizeof path, "/sys/bus/usb/devices/%s/%s", order->port, name);
	return node_read_number(path, ORDER_NUMBER_MAX, number_out);
}

int usb_open(const struct order_usb *order, struct node *node_out)
{
	unsigned bus, device;
	int result = read_attribute(order, "busnum", &bus);

	*node_out = (struct node){ .kind = S_IFCHR };
	if (result == 0)
		result = read_attribute(order, "devnum", &device);
	if (result < 0)
		return result;
	(void)snprintf(node_out->attribute, sizeof node_out->attribute,
		       "/sys/bus/usb/devices/%s/dev", order->port);
	(void)snprintf(node_out->path, sizeof node_out->path, "/dev/bus/usb/%03u/%03u", bus, device);
	return node_open(node_out, O_RDWR);
}
