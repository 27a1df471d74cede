/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The native protocol on a connection: bytes to requests, outcomes to replies. */
#include "judge/session.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/fd-pass.h"
#include "wire/mac.h"
#include "wire/protocol.h"

/* A client asks, works, and may ask again; one that is silent longer reconnects. */
#define IDLE_TIMEOUT_MS (5 * 60 * 1000)
#define SEND_TIMEOUT_MS 5000

#define USB_NUMBER_MAX 999u /* three digits in the names of the nodes */

_Static_assert(sizeof((struct request *)0)->usb.port == PROTOCOL_USB_PORT_SIZE, "same field");
_Static_assert(sizeof((struct request *)0)->usb.serial == PROTOCOL_USB_SERIAL_SIZE, "same field");
_Static_assert(sizeof((struct request *)0)->pci_address == PROTOCOL_PCI_ADDRESS_SIZE,
	       "same field");

/* Since Linux 6.5; libc learned the name later. */
#ifndef SCM_PIDFD
#define SCM_PIDFD 0x04
#endif

/* ---- receiving ---- */

/*
 * Nobody may put files into this process. What did not fit the kernel has dropped.
 * The client can switch SO_PASSPIDFD on at its copy of our own end.
 */
static void close_received(struct msghdr *message)
{
	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL;
	     part = CMSG_NXTHDR(message, part)) {
		size_t length = part->cmsg_len - CMSG_LEN(0);

		if (part->cmsg_level != SOL_SOCKET ||
		    (part->cmsg_type != SCM_RIGHTS && part->cmsg_type != SCM_PIDFD))
			continue;
		for (size_t i = 0; i < length / sizeof(int); i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
			close(fd);
		}
	}
}

/* One message. Returns its true length, which may be more than size, 0 at the end, or -1. */
static ssize_t receive_message(int fd, uint8_t *bytes, size_t size)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(FD_PASS_MAX * sizeof(int))];
	struct iovec part = { .iov_base = bytes, .iov_len = size };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof control };
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	ssize_t length;

	if (poll(&readable, 1, IDLE_TIMEOUT_MS) <= 0)
		return -1;
	length = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_TRUNC | MSG_DONTWAIT);
	if (length >= 0)
		close_received(&message);
	return length;
}

/* ---- from the layout to the meaning: names and numbers are judged here ---- */

static enum reply_code read_tap(const struct protocol_tap_request *tap, struct request *request,
				struct refusal *why)
{
	request->kind = REQUEST_TAP;
	request->queues = tap->queues;
	if ((tap->flags & PROTOCOL_TAP_VNET_HEADER) != 0)
		request->vnet_header = VNET_HEADER_ON;
	if ((tap->flags & PROTOCOL_TAP_VHOST) != 0)
		request->vhost = VHOST_ON;
	request->has_mac = (tap->flags & PROTOCOL_TAP_MAC) != 0;
	memcpy(request->guest_mac, tap->mac, sizeof request->guest_mac);
	if (!acl_bridge_name_valid(tap->bridge))
		return refuse(why, REPLY_USAGE, "bridge %s: not a bridge name", tap->bridge);
	memcpy(request->bridge, tap->bridge, sizeof request->bridge);
	if (tap->queues < 1 || tap->queues > REQUEST_QUEUES_MAX)
		return refuse(why, REPLY_USAGE, "bridge %s: %u queues: 1 to %u are possible",
			      tap->bridge, tap->queues, REQUEST_QUEUES_MAX);
	if (request->has_mac && !mac_is_usable(request->guest_mac))
		return refuse(why, REPLY_USAGE,
			      "bridge %s: the guest's address is none, or a multicast address",
			      tap->bridge);
	return REPLY_GRANTED;
}

/* A field whose flag is not set must not say anything, or readers would differ about it. */
static enum reply_code read_usb(const struct protocol_usb_request *usb, struct request *request,
				struct refusal *why)
{
	int has_port = (usb->flags & PROTOCOL_USB_PORT) != 0;
	int has_serial = (usb->flags & PROTOCOL_USB_SERIAL) != 0;

	request->kind = REQUEST_USB;
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

static enum reply_code read_vfio(const struct protocol_vfio_request *vfio,
				 struct request *request, struct refusal *why)
{
	request->kind = REQUEST_VFIO;
	request->memlock_bytes = vfio->memlock_bytes;
	if ((vfio->flags & PROTOCOL_VFIO_GROUP) != 0)
		request->vfio_nodes = VFIO_NODES_GROUP;
	memcpy(request->pci_address, vfio->address, sizeof request->pci_address);
	if (acl_pci_address_normalise(request->pci_address) < 0)
		return refuse(why, REPLY_USAGE, "vfio %s: not a PCI address: as in 0000:03:00.0",
			      vfio->address);
	return REPLY_GRANTED;
}

static int is_query(const struct protocol_request *message)
{
	switch (message->header.type) {
	case PROTOCOL_USB:
		return (message->usb.flags & PROTOCOL_DEVICE_QUERY) != 0;
	case PROTOCOL_VFIO:
		return (message->vfio.flags & PROTOCOL_DEVICE_QUERY) != 0;
	default:
		return message->header.type == PROTOCOL_QUERY;
	}
}

static enum reply_code read_request(const struct protocol_request *message,
				    struct request *request, struct refusal *why)
{
	*request = (struct request){
		.purpose = is_query(message) ? PURPOSE_QUERY : PURPOSE_GRANT,
		.origin = REQUEST_NATIVE,
		.interaction = protocol_request_is_interactive(message) ? INTERACTION_ALLOWED
									: INTERACTION_NONE,
	};
	switch (message->header.type) {
	case PROTOCOL_USB:
		return read_usb(&message->usb, request, why);
	case PROTOCOL_VFIO:
		return read_vfio(&message->vfio, request, why);
	default:
		return read_tap(&message->tap, request, why);
	}
}

enum native_event native_receive(int fd, struct request *request, struct native_tag *tag,
				 struct refusal *why)
{
	/* One byte more than any request: what is longer has a wrong length anyhow. */
	uint8_t bytes[PROTOCOL_REQUEST_SIZE_MAX + 1];
	struct protocol_request message;
	enum protocol_error error;
	ssize_t length = receive_message(fd, bytes, sizeof bytes);

	if (length <= 0)
		return NATIVE_CLOSED;
	if ((size_t)length > sizeof bytes)
		length = (ssize_t)sizeof bytes;
	error = protocol_decode_request(bytes, (size_t)length, &message);
	if (error == PROTOCOL_SHORT || error == PROTOCOL_MAGIC)
		return NATIVE_CLOSED;
	*tag = (struct native_tag){ message.header.type, message.header.serial };
	*why = (struct refusal){ .code = REPLY_GRANTED };
	if (error != PROTOCOL_OK) {
		(void)refuse(why, REPLY_USAGE, "request: %s", protocol_error_text(error));
		return NATIVE_REFUSED;
	}
	return read_request(&message, request, why) == REPLY_GRANTED ? NATIVE_REQUEST
								      : NATIVE_REFUSED;
}

/* ---- replying ---- */

static struct protocol_reply new_reply(const struct native_tag *tag)
{
	return (struct protocol_reply){
		.header = { PROTOCOL_VERSION, tag->type, tag->serial },
	};
}

static enum reply_code send_reply(int fd, const struct protocol_reply *reply, const int *fds,
				  size_t fd_count)
{
	uint8_t bytes[PROTOCOL_REPLY_SIZE];
	size_t length = protocol_encode_reply(reply, bytes, sizeof bytes);

	return fd_pass_send(fd, bytes, length, fds, fd_count, SEND_TIMEOUT_MS) == 0 ? REPLY_GRANTED
										    : REPLY_CHANNEL;
}

static void put_port(struct protocol_reply *reply, const struct tap_port *port)
{
	reply->flags = port->flags;
	reply->mtu_bytes = port->mtu_bytes;
	reply->queues = (uint16_t)port->queue_count;
	reply->vhost_count = (uint16_t)port->vhost_count;
	reply->vlan = (uint16_t)port->vlan;
	memcpy(reply->port, port->port_name, sizeof reply->port);
	memcpy(reply->tap, port->tap_name, sizeof reply->tap);
}

static void put_offer(struct protocol_reply *reply, const struct tap_offer *offer)
{
	reply->flags = offer->flags;
	reply->mtu_bytes = offer->mtu_bytes;
	reply->queues = (uint16_t)offer->queues;
	reply->quota = offer->quota;
	reply->quota_used = offer->quota_used;
	reply->vlan = (uint16_t)offer->vlan;
}

static void put_nodes(struct protocol_reply *reply, const struct nodes *nodes)
{
	reply->flags = nodes->flags;
	reply->fd_count = (uint16_t)nodes->fd_count;
	reply->memlock_bytes = nodes->memlock_bytes;
	memcpy(reply->node, nodes->path, sizeof reply->node);
}

enum reply_code native_reply(int fd, const struct native_tag *tag, const struct refusal *why,
			     const struct native_yes *yes)
{
	struct protocol_reply reply = new_reply(tag);

	if (yes == NULL) {
		reply.code = (uint32_t)why->code;
		memcpy(reply.sentence, why->sentence, sizeof reply.sentence);
		return send_reply(fd, &reply, NULL, 0);
	}
	if (yes->nodes != NULL) {
		put_nodes(&reply, yes->nodes);
		return send_reply(fd, &reply, yes->nodes->fds, yes->nodes->fd_count);
	}
	if (yes->offer != NULL) {
		put_offer(&reply, yes->offer);
		return send_reply(fd, &reply, NULL, 0);
	}
	put_port(&reply, yes->port);
	return send_reply(fd, &reply, yes->port->fds,
			  yes->port->queue_count + yes->port->vhost_count);
}
