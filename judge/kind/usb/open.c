/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Performs a granted request for a USB device: opens its node. */
#include "judge/kind/usb/open.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/node/device-node.h"
#include "judge/kind/usb/judge.h"

_Static_assert(sizeof((struct nodes *)0)->path == USB_NODE_SIZE, "same field");

static enum reply_code refuse_other(const struct request *request, struct refusal *why)
{
	char object[REQUEST_TEXT_SIZE];

	request_describe(request, object);
	return refuse(why, REPLY_OBJECT,
		      "%s: it was unplugged or changed meanwhile: ask again", object);
}

/*
 * The kernel gives a number to one device at a time. The device that was authorised
 * had this one before the node was opened, and if its folder in sysfs still answers
 * afterwards, it has had it all the time: so the node leads to it and nowhere else.
 * That it describes itself in the same words is looked at besides.
 */
static enum reply_code prove(const struct request *request, const struct usb_device *device, int fd,
			     struct refusal *why)
{
	/* Nor may the administrator have blocked it since. */
	if (!usb_device_matches_node(device, fd) || usb_device_check(device) < 0 ||
	    usb_device_is_blocked(device))
		return refuse_other(request, why);
	/* The place in the file is the receiver's too, who begins at the beginning. */
	(void)lseek(fd, 0, SEEK_SET);
	return REPLY_GRANTED;
}

enum reply_code usb_open(const struct grant *grant, struct nodes *nodes_out, struct refusal *why)
{
	const struct request *request = grant_request(grant);
	const struct object *object = grant_object(grant);
	const struct usb_device *device = &object->usb;
	enum reply_code code;
	char text[REQUEST_TEXT_SIZE];
	int fd;

	*nodes_out = (struct nodes){ .fd_count = 0 };
	memcpy(nodes_out->path, device->path, sizeof nodes_out->path);
	if (request->purpose == PURPOSE_QUERY) {
		nodes_out->flags = grant_options(grant)->polkit_skip ? 0 : PROTOCOL_NODE_POLKIT;
		return REPLY_GRANTED;
	}
	fd = device_node_open(device->node, O_RDWR, S_IFCHR, device->number);
	if (fd == -ENODEV || fd == -ENXIO || fd == -ENOENT)
		return refuse_other(request, why);
	if (fd < 0) {
		request_describe(request, text);
		return refuse(why, REPLY_OBJECT, "%s: cannot open %s: %s", text, nodes_out->path,
			      strerror(-fd));
	}
	nodes_out->fds[nodes_out->fd_count++] = fd;
	code = prove(request, device, fd, why);
	/* A dialog takes minutes, in which a disk may have been mounted. */
	return code == REPLY_GRANTED ? usb_judge_disks(&object->usb_places, request, device, why)
				     : code;
}
