/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The native protocol, version 1: messages and their layout. Pure. */
#include "wire/protocol/protocol.h"

#include <string.h>

#include "wire/protocol/cursor.h"

#define MAGIC_REQUEST "VMGQ"
#define MAGIC_REPLY "VMGR"

/* ---- messages ---- */

static void write_header(struct writer *writer, const char *magic,
			 const struct protocol_header *header, size_t size)
{
	cursor_write_bytes(writer, magic, 4);
	cursor_write_u16(writer, header->version);
	cursor_write_u16(writer, header->type);
	cursor_write_u32(writer, header->serial);
	cursor_write_u32(writer, (uint32_t)size);
}

/* The header, and whether the message is as long as it says. */
static void read_header(struct reader *reader, const char *magic, struct protocol_header *header,
			size_t length)
{
	char found[4];

	if (length < PROTOCOL_HEADER_SIZE) {
		cursor_fail(reader, PROTOCOL_SHORT);
		return;
	}
	cursor_read_bytes(reader, found, sizeof found);
	if (memcmp(found, magic, sizeof found) != 0)
		cursor_fail(reader, PROTOCOL_MAGIC);
	header->version = cursor_read_u16(reader);
	header->type = cursor_read_u16(reader);
	header->serial = cursor_read_u32(reader);
	if (header->version != PROTOCOL_VERSION)
		cursor_fail(reader, PROTOCOL_VERSION_UNKNOWN);
	if (protocol_request_size(header->type) == 0)
		cursor_fail(reader, PROTOCOL_TYPE_UNKNOWN);
	if (cursor_read_u32(reader) != length)
		cursor_fail(reader, PROTOCOL_LENGTH);
}

/* ---- the bodies, each written and read in the same order ---- */

static void write_tap_request(struct writer *writer, const struct protocol_tap_request *tap)
{
	cursor_write_string(writer, tap->bridge, sizeof tap->bridge);
	cursor_write_u32(writer, tap->flags);
	cursor_write_u16(writer, tap->queues);
	cursor_write_bytes(writer, tap->mac, sizeof tap->mac);
	cursor_write_zeros(writer, 4);
}

static void read_tap_request(struct reader *reader, struct protocol_tap_request *tap)
{
	cursor_read_string(reader, tap->bridge, sizeof tap->bridge);
	tap->flags = cursor_read_u32(reader);
	tap->queues = cursor_read_u16(reader);
	cursor_read_bytes(reader, tap->mac, sizeof tap->mac);
	cursor_read_zeros(reader, 4);
	if ((tap->flags & ~PROTOCOL_TAP_FLAGS_ALL) != 0)
		cursor_fail(reader, PROTOCOL_FLAG_UNKNOWN);
}

static void write_usb_request(struct writer *writer, const struct protocol_usb_request *usb)
{
	cursor_write_u32(writer, usb->flags);
	cursor_write_u16(writer, usb->vendor);
	cursor_write_u16(writer, usb->product);
	cursor_write_u16(writer, usb->bus);
	cursor_write_u16(writer, usb->device);
	cursor_write_zeros(writer, 4);
	cursor_write_string(writer, usb->port, sizeof usb->port);
	cursor_write_string(writer, usb->serial, sizeof usb->serial);
}

static void read_usb_request(struct reader *reader, struct protocol_usb_request *usb)
{
	usb->flags = cursor_read_u32(reader);
	usb->vendor = cursor_read_u16(reader);
	usb->product = cursor_read_u16(reader);
	usb->bus = cursor_read_u16(reader);
	usb->device = cursor_read_u16(reader);
	cursor_read_zeros(reader, 4);
	cursor_read_string(reader, usb->port, sizeof usb->port);
	cursor_read_string(reader, usb->serial, sizeof usb->serial);
	if ((usb->flags & ~PROTOCOL_USB_FLAGS_ALL) != 0)
		cursor_fail(reader, PROTOCOL_FLAG_UNKNOWN);
}

static void write_vfio_request(struct writer *writer, const struct protocol_vfio_request *vfio)
{
	cursor_write_u32(writer, vfio->flags);
	cursor_write_zeros(writer, 4);
	cursor_write_u64(writer, vfio->memlock_bytes);
	cursor_write_string(writer, vfio->address, sizeof vfio->address);
}

static void read_vfio_request(struct reader *reader, struct protocol_vfio_request *vfio)
{
	vfio->flags = cursor_read_u32(reader);
	cursor_read_zeros(reader, 4);
	vfio->memlock_bytes = cursor_read_u64(reader);
	cursor_read_string(reader, vfio->address, sizeof vfio->address);
	if ((vfio->flags & ~PROTOCOL_VFIO_FLAGS_ALL) != 0)
		cursor_fail(reader, PROTOCOL_FLAG_UNKNOWN);
}

static void write_disk_request(struct writer *writer, const struct protocol_disk_request *disk)
{
	cursor_write_u32(writer, disk->flags);
	cursor_write_zeros(writer, 4);
	cursor_write_string(writer, disk->name, sizeof disk->name);
}

static void read_disk_request(struct reader *reader, struct protocol_disk_request *disk)
{
	disk->flags = cursor_read_u32(reader);
	cursor_read_zeros(reader, 4);
	cursor_read_string(reader, disk->name, sizeof disk->name);
	if ((disk->flags & ~PROTOCOL_DISK_FLAGS_ALL) != 0)
		cursor_fail(reader, PROTOCOL_FLAG_UNKNOWN);
}

/* From the flags' end to the sentence's beginning, both kinds are 72 bytes. */
static void write_port_reply(struct writer *writer, const struct protocol_reply *reply)
{
	cursor_write_u32(writer, reply->mtu_bytes);
	cursor_write_u32(writer, reply->quota);
	cursor_write_u32(writer, reply->quota_used);
	cursor_write_u16(writer, reply->queues);
	cursor_write_u16(writer, reply->vhost_count);
	cursor_write_u16(writer, reply->vlan);
	cursor_write_zeros(writer, 22);
	cursor_write_string(writer, reply->port, sizeof reply->port);
	cursor_write_string(writer, reply->tap, sizeof reply->tap);
}

static void read_port_reply(struct reader *reader, struct protocol_reply *reply)
{
	reply->mtu_bytes = cursor_read_u32(reader);
	reply->quota = cursor_read_u32(reader);
	reply->quota_used = cursor_read_u32(reader);
	reply->queues = cursor_read_u16(reader);
	reply->vhost_count = cursor_read_u16(reader);
	reply->vlan = cursor_read_u16(reader);
	cursor_read_zeros(reader, 22);
	cursor_read_string(reader, reply->port, sizeof reply->port);
	cursor_read_string(reader, reply->tap, sizeof reply->tap);
}

static void write_node_reply(struct writer *writer, const struct protocol_reply *reply)
{
	cursor_write_u64(writer, reply->memlock_bytes);
	cursor_write_u16(writer, reply->fd_count);
	cursor_write_zeros(writer, 6);
	cursor_write_u64(writer, reply->disk_bytes);
	cursor_write_zeros(writer, 16);
	cursor_write_string(writer, reply->node, sizeof reply->node);
}

static void read_node_reply(struct reader *reader, struct protocol_reply *reply)
{
	reply->memlock_bytes = cursor_read_u64(reader);
	reply->fd_count = cursor_read_u16(reader);
	cursor_read_zeros(reader, 6);
	if (reply->header.type == PROTOCOL_DISK)
		reply->disk_bytes = cursor_read_u64(reader);
	else
		cursor_read_zeros(reader, 8);
	cursor_read_zeros(reader, 16);
	cursor_read_string(reader, reply->node, sizeof reply->node);
}

/* ---- the table ---- */

struct layout {
	size_t size; /* of a request, with its header; 0: no such type */
	int is_device; /* its reply is about nodes */
	void (*write)(struct writer *writer, const struct protocol_request *request);
	void (*read)(struct reader *reader, struct protocol_request *request);
	/* Its flags, of a decoded request. */
	uint32_t (*flags)(const struct protocol_request *request);
};

/* The three functions of a body for the table: NAME is the member of the request. */
#define BODY(name)                                                                                 \
	static void write_##name(struct writer *writer, const struct protocol_request *request)   \
	{                                                                                          \
		write_##name##_request(writer, &request->name);                                    \
	}                                                                                          \
	static void read_##name(struct reader *reader, struct protocol_request *request)          \
	{                                                                                          \
		read_##name##_request(reader, &request->name);                                     \
	}                                                                                          \
	static uint32_t flags_of_##name(const struct protocol_request *request)                   \
	{                                                                                          \
		return request->name.flags;                                                        \
	}
#define LAYOUT(name) write_##name, read_##name, flags_of_##name

BODY(tap)
BODY(usb)
BODY(vfio)
BODY(disk)

static const struct layout layouts[] = {
	[0] = { 0, 0, LAYOUT(tap) }, /* stands for what is no type */
	[PROTOCOL_TAP] = { PROTOCOL_TAP_REQUEST_SIZE, 0, LAYOUT(tap) },
	[PROTOCOL_QUERY] = { PROTOCOL_TAP_REQUEST_SIZE, 0, LAYOUT(tap) },
	[PROTOCOL_USB] = { PROTOCOL_USB_REQUEST_SIZE, 1, LAYOUT(usb) },
	[PROTOCOL_VFIO] = { PROTOCOL_VFIO_REQUEST_SIZE, 1, LAYOUT(vfio) },
	[PROTOCOL_DISK] = { PROTOCOL_DISK_REQUEST_SIZE, 1, LAYOUT(disk) },
};

static const struct layout *layout_of(uint16_t type)
{
	return &layouts[type < sizeof layouts / sizeof layouts[0] ? type : 0];
}

size_t protocol_request_size(uint16_t type)
{
	return layout_of(type)->size;
}

int protocol_request_is_device(const struct protocol_request *request)
{
	return layout_of(request->header.type)->is_device;
}

int protocol_request_is_interactive(const struct protocol_request *request)
{
	const struct layout *layout = layout_of(request->header.type);
	const uint32_t flag = layout->is_device ? (uint32_t)PROTOCOL_DEVICE_INTERACTIVE
						: (uint32_t)PROTOCOL_TAP_INTERACTIVE;

	return layout->size != 0 && (layout->flags(request) & flag) != 0;
}

int protocol_request_is_query(const struct protocol_request *request)
{
	const struct layout *layout = layout_of(request->header.type);

	return layout->is_device ? (layout->flags(request) & PROTOCOL_DEVICE_QUERY) != 0
				 : request->header.type == PROTOCOL_QUERY;
}

/* ---- whole messages ---- */

size_t protocol_encode_request(const struct protocol_request *request, uint8_t *bytes, size_t size)
{
	size_t length = protocol_request_size(request->header.type);
	struct writer writer = { bytes, bytes + size };

	if (length == 0 || size < length)
		return 0;
	write_header(&writer, MAGIC_REQUEST, &request->header, length);
	layout_of(request->header.type)->write(&writer, request);
	return length;
}

enum protocol_error protocol_decode_request(const uint8_t *bytes, size_t length,
					    struct protocol_request *request)
{
	struct reader reader = { bytes, bytes + length, PROTOCOL_OK };

	*request = (struct protocol_request){ 0 };
	read_header(&reader, MAGIC_REQUEST, &request->header, length);
	if (reader.error == PROTOCOL_OK && length != protocol_request_size(request->header.type))
		cursor_fail(&reader, PROTOCOL_LENGTH);
	if (reader.error != PROTOCOL_OK)
		return reader.error;
	layout_of(request->header.type)->read(&reader, request);
	return reader.error;
}

size_t protocol_encode_reply(const struct protocol_reply *reply, uint8_t *bytes, size_t size)
{
	struct writer writer = { bytes, bytes + size };

	if (size < PROTOCOL_REPLY_SIZE)
		return 0;
	write_header(&writer, MAGIC_REPLY, &reply->header, PROTOCOL_REPLY_SIZE);
	cursor_write_u32(&writer, reply->code);
	cursor_write_u32(&writer, reply->flags);
	if (layout_of(reply->header.type)->is_device)
		write_node_reply(&writer, reply);
	else
		write_port_reply(&writer, reply);
	cursor_write_string(&writer, reply->sentence, sizeof reply->sentence);
	return PROTOCOL_REPLY_SIZE;
}

enum protocol_error protocol_decode_reply(const uint8_t *bytes, size_t length,
					  struct protocol_reply *reply)
{
	struct reader reader = { bytes, bytes + length, PROTOCOL_OK };

	*reply = (struct protocol_reply){ 0 };
	read_header(&reader, MAGIC_REPLY, &reply->header, length);
	if (reader.error == PROTOCOL_OK && length != PROTOCOL_REPLY_SIZE)
		cursor_fail(&reader, PROTOCOL_LENGTH);
	if (reader.error != PROTOCOL_OK)
		return reader.error;
	reply->code = cursor_read_u32(&reader);
	reply->flags = cursor_read_u32(&reader);
	if (layout_of(reply->header.type)->is_device)
		read_node_reply(&reader, reply);
	else
		read_port_reply(&reader, reply);
	cursor_read_string(&reader, reply->sentence, sizeof reply->sentence);
	return reader.error;
}

const char *protocol_error_text(enum protocol_error error)
{
	static const char *const texts[] = {
		[PROTOCOL_OK] = "no error",
		[PROTOCOL_SHORT] = "shorter than a header",
		[PROTOCOL_MAGIC] = "not a message of this protocol",
		[PROTOCOL_VERSION_UNKNOWN] = "unknown version",
		[PROTOCOL_TYPE_UNKNOWN] = "unknown type",
		[PROTOCOL_LENGTH] = "wrong length",
		[PROTOCOL_FLAG_UNKNOWN] = "unknown flag",
		[PROTOCOL_RESERVED] = "a reserved byte is not zero",
		[PROTOCOL_STRING] = "a string is not ended and filled by NUL",
	};

	return (size_t)error < sizeof texts / sizeof texts[0] ? texts[error] : "unknown error";
}
