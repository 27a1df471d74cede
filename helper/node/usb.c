/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The node of a USB device. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "helper/node/node.h"
#include "helper/node/perform.h"

/*
 * The node of these numbers, if it is the device's at that port. The port may be another device's
 * by now: the judge, who held its folder in sysfs, looks at what comes. Returns an fd or -errno.
 */
static int open_device(const struct order_usb *order, struct node *node_out)
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
	int fd = service_is_fresh(order->judged_ms) ? open_device(order, &node) : -ETIME;

	service_put_fd(service, fd);
	if (fd >= 0)
		service_record_grant(service, "org.vmgrant.usb", node.path, &order->words);
}
