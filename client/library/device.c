/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The requests of libvmgrant for USB and PCI devices and disks: from the caller's structs to messages and back. */
#include <string.h>
#include <unistd.h>

#include "client/library/connection.h"

#define DEVICE_FLAGS (VMGRANT_DEVICE_INTERACTIVE | VMGRANT_DEVICE_QUERY)
#define VFIO_FLAGS (DEVICE_FLAGS | VMGRANT_VFIO_GROUP)
#define DISK_FLAGS (DEVICE_FLAGS | VMGRANT_DISK_READ_ONLY)
#define USB_FLAGS (DEVICE_FLAGS | VMGRANT_USB_IDS | VMGRANT_USB_NUMBER)

static enum vmgrant_code refuse_flags(struct vmgrant_connection *connection)
{
	return connection_refuse(connection, VMGRANT_USAGE,
				 "request: asks for what libvmgrant %s does not know",
				 vmgrant_version());
}

/* Copied whole or not at all: what is cut would name something else. */
static enum vmgrant_code encode_text(struct vmgrant_connection *connection, const char *what,
				     const char *text, char *field, size_t size)
{
	size_t length = strnlen(text, size);

	if (length == 0 || length == size)
		return connection_refuse(connection, VMGRANT_USAGE, "%s %.128s: 1 to %zu characters",
					 what, text, size - 1);
	memcpy(field, text, length);
	return VMGRANT_GRANTED;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* ---- USB ---- */

static enum vmgrant_code encode_usb(struct vmgrant_connection *connection,
				    const struct vmgrant_usb_request *request,
				    struct protocol_usb_request *message)
{
	enum vmgrant_code code =
		connection_check_size(connection, request, sizeof *request, request->size);

	if (code != VMGRANT_GRANTED)
		return code;
	if ((request->flags & ~(unsigned)USB_FLAGS) != 0)
		return refuse_flags(connection);
	message->flags = request->flags;
	if ((request->flags & VMGRANT_USB_IDS) != 0) {
		message->vendor = request->vendor;
		message->product = request->product;
	}
	if ((request->flags & VMGRANT_USB_NUMBER) != 0) {
		message->bus = request->bus;
		message->device = request->device;
	}
	if (request->port != NULL) {
		message->flags |= PROTOCOL_USB_PORT;
		code = encode_text(connection, "usb port", request->port, message->port,
				   sizeof message->port);
	}
	if (request->serial != NULL && code == VMGRANT_GRANTED) {
		message->flags |= PROTOCOL_USB_SERIAL;
		code = encode_text(connection, "usb serial", request->serial, message->serial,
				   sizeof message->serial);
	}
	return code;
}

enum vmgrant_code vmgrant_usb(struct vmgrant_connection *connection,
			      const struct vmgrant_usb_request *request, struct vmgrant_usb *usb)
{
	struct protocol_request message = { .header = { .type = PROTOCOL_USB } };
	struct protocol_reply reply;
	struct fd_list received;
	enum vmgrant_code code = connection_clear_result(connection, usb, sizeof *usb);

	if (code != VMGRANT_GRANTED)
		return code;
	usb->fd = -1;
	code = encode_usb(connection, request, &message.usb);
	if (code == VMGRANT_GRANTED)
		code = connection_ask(connection, &message, &reply, &received);
	if (code != VMGRANT_GRANTED)
		return code;
	if (received.count == 1)
		usb->fd = received.fds[0];
	usb->flags = reply.flags;
	memcpy(usb->node, reply.node, sizeof usb->node);
	return VMGRANT_GRANTED;
}

void vmgrant_usb_close(struct vmgrant_usb *usb)
{
	if (usb != NULL)
		close_fd(&usb->fd);
}

/* ---- VFIO ---- */

static enum vmgrant_code encode_vfio(struct vmgrant_connection *connection,
				     const struct vmgrant_vfio_request *request,
				     struct protocol_vfio_request *message)
{
	enum vmgrant_code code =
		connection_check_size(connection, request, sizeof *request, request->size);

	if (code != VMGRANT_GRANTED)
		return code;
	if ((request->flags & ~(unsigned)VFIO_FLAGS) != 0)
		return refuse_flags(connection);
	message->flags = request->flags;
	message->memlock_bytes = request->memlock_bytes;
	return encode_text(connection, "vfio", request->address == NULL ? "" : request->address,
			   message->address, sizeof message->address);
}

enum vmgrant_code vmgrant_vfio(struct vmgrant_connection *connection,
			       const struct vmgrant_vfio_request *request,
			       struct vmgrant_vfio *vfio)
{
	struct protocol_request message = { .header = { .type = PROTOCOL_VFIO } };
	struct protocol_reply reply;
	struct fd_list received;
	enum vmgrant_code code = connection_clear_result(connection, vfio, sizeof *vfio);

	if (code != VMGRANT_GRANTED)
		return code;
	vfio->device_fd = vfio->iommu_fd = -1;
	code = encode_vfio(connection, request, &message.vfio);
	if (code == VMGRANT_GRANTED)
		code = connection_ask(connection, &message, &reply, &received);
	if (code != VMGRANT_GRANTED)
		return code;
	if (received.count == 2) {
		vfio->device_fd = received.fds[0];
		vfio->iommu_fd = received.fds[1];
	}
	vfio->flags = reply.flags;
	vfio->memlock_bytes = reply.memlock_bytes;
	memcpy(vfio->node, reply.node, sizeof vfio->node);
	return VMGRANT_GRANTED;
}

void vmgrant_vfio_close(struct vmgrant_vfio *vfio)
{
	if (vfio == NULL)
		return;
	close_fd(&vfio->device_fd);
	close_fd(&vfio->iommu_fd);
}

/* ---- disks ---- */

static enum vmgrant_code encode_disk(struct vmgrant_connection *connection,
				     const struct vmgrant_disk_request *request,
				     struct protocol_disk_request *message)
{
	enum vmgrant_code code =
		connection_check_size(connection, request, sizeof *request, request->size);

	if (code != VMGRANT_GRANTED)
		return code;
	if ((request->flags & ~(unsigned)DISK_FLAGS) != 0)
		return refuse_flags(connection);
	message->flags = request->flags;
	return encode_text(connection, "disk", request->name == NULL ? "" : request->name,
			   message->name, sizeof message->name);
}

enum vmgrant_code vmgrant_disk(struct vmgrant_connection *connection,
			       const struct vmgrant_disk_request *request,
			       struct vmgrant_disk *disk)
{
	struct protocol_request message = { .header = { .type = PROTOCOL_DISK } };
	struct protocol_reply reply;
	struct fd_list received;
	enum vmgrant_code code = connection_clear_result(connection, disk, sizeof *disk);

	if (code != VMGRANT_GRANTED)
		return code;
	disk->fd = -1;
	code = encode_disk(connection, request, &message.disk);
	if (code == VMGRANT_GRANTED)
		code = connection_ask(connection, &message, &reply, &received);
	if (code != VMGRANT_GRANTED)
		return code;
	if (received.count == 1)
		disk->fd = received.fds[0];
	disk->flags = reply.flags;
	disk->bytes = reply.disk_bytes;
	memcpy(disk->node, reply.node, sizeof disk->node);
	return VMGRANT_GRANTED;
}

void vmgrant_disk_close(struct vmgrant_disk *disk)
{
	if (disk != NULL)
		close_fd(&disk->fd);
}
