/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The node of a USB device. */
#include "helper/node/usb.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "helper/node/perform.h"

int usb_open(const struct order_usb *order, struct node *node_out)
{
	*node_out = (struct node){ .kind = S_IFCHR };
	(void)snprintf(node_out->attribute, sizeof node_out->attribute,
		       "/sys/bus/usb/devices/%s/dev", order->port);
	(void)snprintf(node_out->path, sizeof node_out->path, "/dev/bus/usb/%03u/%03u",
		       order->bus, order->device);
	return node_open(node_out, O_RDWR);
}

void perform_usb(struct service *service)
{
	const struct order_usb *order = &service->order.usb;
	struct node node;
	int fd = service_is_fresh(order->judged_ms) ? usb_open(order, &node) : -ETIME;

	service_put_fd(service, fd);
	if (fd >= 0)
		service_record_grant(service, "org.vmgrant.usb", node.path, &order->words);
}
