/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A USB device: the row of the table, the order, and the proof that it is the same one. */
#include "judge/kind/kind.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "judge/kind/usb/find.h"
#include "judge/kind/usb/judge.h"
#include "wire/refusal/escape.h"

#define USB_NUMBER_MAX 999u /* three digits in the names of the nodes */

_Static_assert(sizeof((struct request *)0)->usb.port == PROTOCOL_USB_PORT_SIZE, "same field");
_Static_assert(sizeof((struct request *)0)->usb.serial == PROTOCOL_USB_SERIAL_SIZE, "same field");
_Static_assert(ORDER_NAME_SIZE == REQUEST_USB_PORT_SIZE, "same field");

/* ---- the request ---- */

/* A field whose flag is not set must not say anything, or readers would differ about it. */
static enum reply_code decode(const struct protocol_request *message, struct request *request,
			      struct refusal *why)
{
	const struct protocol_usb_request *usb = &message->usb;
	int has_port = (usb->flags & PROTOCOL_USB_PORT) != 0;
	int has_serial = (usb->flags & PROTOCOL_USB_SERIAL) != 0;

	request->usb = (struct request_usb){
		.has_ids = (usb->flags & PROTOCOL_USB_IDS) != 0,
		.has_number = (usb->flags & PROTOCOL_USB_NUMBER) != 0,
		.vendor = usb->vendor,
		.product = usb->product,
		.bus = usb->bus,
		.device = usb->device,
	};
	if (!request->usb.has_ids && !request->usb.has_number && !has_port)
		return refuse(why, REPLY_USAGE, "usb: no device is named: give vendor and product, "
			      "a port, or a bus and device number");
	if ((!request->usb.has_ids && (usb->vendor != 0 || usb->product != 0)) ||
	    (!request->usb.has_number && (usb->bus != 0 || usb->device != 0)) ||
	    has_port != (usb->port[0] != '\0') || has_serial != (usb->serial[0] != '\0'))
		return refuse(why, REPLY_USAGE, "usb: the flags do not fit the fields");
	if (request->usb.has_number && (usb->bus < 1 || usb->bus > USB_NUMBER_MAX ||
					usb->device < 1 || usb->device > USB_NUMBER_MAX))
		return refuse(why, REPLY_USAGE, "usb: bus %u device %u: numbers are 1 to %u",
			      usb->bus, usb->device, USB_NUMBER_MAX);
	if (has_port && !acl_usb_port_valid(usb->port))
		return refuse(why, REPLY_USAGE, "usb port %s: not a port: as in 1-1.4", usb->port);
	memcpy(request->usb.port, usb->port, sizeof request->usb.port);
	memcpy(request->usb.serial, usb->serial, sizeof request->usb.serial);
	return REPLY_GRANTED;
}

static void append(char text[REQUEST_TEXT_SIZE], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void append(char text[REQUEST_TEXT_SIZE], const char *format, ...)
{
	size_t length = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text + length, REQUEST_TEXT_SIZE - length, format, arguments);
	va_end(arguments);
}

static void describe(const struct request *request, char text[REQUEST_TEXT_SIZE])
{
	const struct request_usb *usb = &request->usb;
	char escaped[80];

	text[0] = '\0';
	append(text, "usb");
	if (usb->has_ids)
		append(text, " %04x:%04x", usb->vendor, usb->product);
	if (usb->has_number)
		append(text, " bus %u device %u", usb->bus, usb->device);
	if (usb->port[0] != '\0')
		append(text, " port %s", usb->port);
	if (usb->serial[0] != '\0') {
		escape_string(escaped, sizeof escaped, usb->serial);
		append(text, " serial %s", escaped);
	}
}

/* ---- may it be had? ---- */

static enum reply_code find(struct matter *matter, struct refusal *why)
{
	(void)why;
	usb_places_open(&matter->usb.places);
	return REPLY_GRANTED;
}

static enum reply_code judge(struct matter *matter, struct refusal *why)
{
	enum reply_code code = usb_judge(&matter->usb.places, matter->request,
					 &matter->session->caller, &matter->session->policy,
					 &matter->usb.device, &matter->rule, why);

	if (code == REPLY_GRANTED)
		matter->options = matter->rule->options;
	return code;
}

/* Disks are looked at only for a grant: to look claims them for a moment. */
static enum reply_code check(const struct matter *matter, struct refusal *why)
{
	return usb_judge_disks(&matter->usb.places, &matter->session->orders, matter->request,
			       &matter->usb.device, why);
}

static void add_details(const struct matter *matter, struct polkit_question *question)
{
	usb_describe(&matter->usb.device, question);
}

static void name(const struct matter *matter, char text[ORDER_WORDS_SIZE])
{
	_Static_assert(ORDER_WORDS_SIZE >= USB_DEVICE_TEXT_SIZE, "it fits");
	text[0] = '\0';
	if (matter->usb.device.descriptors != NULL)
		usb_device_describe(&matter->usb.device, text);
}

static enum reply_code offer(struct matter *matter, struct handover *handover, struct refusal *why)
{
	(void)why;
	handover->reply.flags = matter->options.polkit_skip ? 0 : PROTOCOL_NODE_POLKIT;
	memcpy(handover->reply.node, matter->usb.device.path, sizeof handover->reply.node);
	return REPLY_GRANTED;
}

/* ---- the order ---- */

static enum reply_code refuse_other(const struct request *request, struct refusal *why)
{
	char object[REQUEST_TEXT_SIZE];

	request_describe(request, object);
	return refuse(why, REPLY_OBJECT,
		      "%s: it was unplugged or changed meanwhile: ask again", object);
}

static enum reply_code refuse_open(const struct matter *matter, int error, struct refusal *why)
{
	char object[REQUEST_TEXT_SIZE];

	if (error == -ENODEV || error == -ENXIO || error == -ENOENT)
		return refuse_other(matter->request, why);
	request_describe(matter->request, object);
	if (error == -ETIME)
		return refuse(why, REPLY_POLICY,
			      "%s: the request was held up, and the policy may have changed meanwhile: "
			      "try again", object);
	if (error == -EPERM)
		return refuse_closed_device(why, REPLY_OBJECT, object, matter->usb.device.path,
					    "char-usb_device");
	return refuse(why, REPLY_OBJECT, "%s: cannot open %s: %s", object, matter->usb.device.path,
		      strerror(-error));
}

/*
 * The kernel gives a number to one device at a time. The device that was authorised
 * had this one before the node was opened, and if its folder in sysfs still answers
 * afterwards, it has had it all the time: so the node leads to it and nowhere else.
 * That it describes itself in the same words is looked at besides.
 */
static enum reply_code prove(const struct matter *matter, int fd, struct refusal *why)
{
	const struct usb_device *device = &matter->usb.device;

	/* Nor may the administrator have blocked it since. */
	if (!usb_device_is_node(device, fd) || !usb_device_matches_node(device, fd) ||
	    usb_device_check(device) < 0 || usb_device_is_blocked(device))
		return refuse_other(matter->request, why);
	/* The place in the file is the receiver's too, who begins at the beginning. */
	(void)lseek(fd, 0, SEEK_SET);
	return REPLY_GRANTED;
}

static enum reply_code perform(struct matter *matter, struct handover *handover,
			       struct refusal *why)
{
	struct order order = { .type = ORDER_USB };
	struct delivery delivery;
	enum reply_code code;
	int result;

	memcpy(order.usb.port, matter->usb.device.port, strlen(matter->usb.device.port));
	order.usb.bus = matter->usb.device.bus;
	order.usb.device = matter->usb.device.device;
	matter_words(matter, &order.usb.words);
	order.usb.judged_ms = matter->judged_ms;
	result = orders_call(&matter->session->orders, &order, &delivery);
	if (result < 0)
		return refuse_open(matter, result, why);
	handover->fds[0] = delivery.files.fds[0];
	handover->fd_count = 1;
	handover->reply.fd_count = 1;
	memcpy(handover->reply.node, matter->usb.device.path, sizeof handover->reply.node);
	code = prove(matter, delivery.files.fds[0], why);
	/* A dialog takes minutes, in which a disk may have been mounted. */
	return code == REPLY_GRANTED ? check(matter, why) : code;
}

static void release(struct matter *matter)
{
	usb_device_release(&matter->usb.device);
	usb_places_close(&matter->usb.places);
}

const struct kind kind_usb = {
	.kind = ACL_KIND_USB,
	.messages = 1u << PROTOCOL_USB,
	.action = "org.vmgrant.usb",
	.rights = ORDER_RIGHT_NODES,
	.decode = decode,
	.describe = describe,
	.find = find,
	.judge = judge,
	.check = check,
	.add_details = add_details,
	.name = name,
	.offer = offer,
	.perform = perform,
	.release = release,
};
