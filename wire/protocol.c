/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The native protocol, version 1: messages and their layout. Pure. */
#include "wire/protocol.h"

#include <string.h>

#define MAGIC_REQUEST "VMGQ"
#define MAGIC_REPLY "VMGR"

/* ---- cursors: no byte outside of the message is touched ---- */

/* A cursor past its end stays there and remembers it. */
struct reader {
	const uint8_t *next, *end;
	enum protocol_error error; /* the first thing that was wrong */
};

struct writer {
	uint8_t *next, *end;
};

static void fail(struct reader *reader, enum protocol_error error)
{
	if (reader->error == PROTOCOL_OK)
		reader->error = error;
}

static void read_bytes(struct reader *reader, void *into, size_t length)
{
	if ((size_t)(reader->end - reader->next) < length) {
		memset(into, 0, length);
		reader->next = reader->end;
		fail(reader, PROTOCOL_LENGTH);
		return;
	}
	memcpy(into, reader->next, length);
	reader->next += length;
}

static uint32_t read_u32(struct reader *reader)
{
	uint8_t bytes[4];

	read_bytes(reader, bytes, sizeof bytes);
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

static uint16_t read_u16(struct reader *reader)
{
	uint8_t bytes[2];

	read_bytes(reader, bytes, sizeof bytes);
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static void read_zeros(struct reader *reader, size_t length)
{
	while (length-- > 0) {
		uint8_t byte;

		read_bytes(reader, &byte, 1);
		if (byte != 0)
			fail(reader, PROTOCOL_RESERVED);
	}
}

/* One NUL at least, and nothing but NULs behind the first. */
static void read_string(struct reader *reader, char *text, size_t size)
{
	read_bytes(reader, text, size);
	for (size_t i = strnlen(text, size); i <= size; i++) {
		if (i == size)
			break;
		if (text[i] != '\0')
			fail(reader, PROTOCOL_STRING);
	}
	if (text[size - 1] != '\0')
		fail(reader, PROTOCOL_STRING);
	text[size - 1] = '\0';
}

static void write_bytes(struct writer *writer, const void *from, size_t length)
{
	memcpy(writer->next, from, length);
	writer->next += length;
}

static void write_u32(struct writer *writer, uint32_t value)
{
	const uint8_t bytes[4] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
				   (uint8_t)(value >> 24) };

	write_bytes(writer, bytes, sizeof bytes);
}

static void write_u16(struct writer *writer, uint16_t value)
{
	const uint8_t bytes[2] = { (uint8_t)value, (uint8_t)(value >> 8) };

	write_bytes(writer, bytes, sizeof bytes);
}

static void write_zeros(struct writer *writer, size_t length)
{
	memset(writer->next, 0, length);
	writer->next += length;
}

static void write_string(struct writer *writer, const char *text, size_t size)
{
	size_t length = strnlen(text, size - 1);

	write_bytes(writer, text, length);
	write_zeros(writer, size - length);
}

/* ---- messages ---- */

static void write_header(struct writer *writer, const char *magic,
			 const struct protocol_header *header, size_t size)
{
	write_bytes(writer, magic, 4);
	write_u16(writer, header->version);
	write_u16(writer, header->type);
	write_u32(writer, header->serial);
	write_u32(writer, (uint32_t)size);
}

/* The header, and whether the message is as long as it and its type say. */
static void read_header(struct reader *reader, const char *magic, struct protocol_header *header,
			size_t length, size_t expected)
{
	char found[4];

	if (length < PROTOCOL_HEADER_SIZE) {
		fail(reader, PROTOCOL_SHORT);
		return;
	}
	read_bytes(reader, found, sizeof found);
	if (memcmp(found, magic, sizeof found) != 0)
		fail(reader, PROTOCOL_MAGIC);
	header->version = read_u16(reader);
	header->type = read_u16(reader);
	header->serial = read_u32(reader);
	if (header->version != PROTOCOL_VERSION)
		fail(reader, PROTOCOL_VERSION_UNKNOWN);
	if (header->type != PROTOCOL_TAP && header->type != PROTOCOL_QUERY)
		fail(reader, PROTOCOL_TYPE_UNKNOWN);
	if (read_u32(reader) != length || length != expected)
		fail(reader, PROTOCOL_LENGTH);
}

size_t protocol_encode_request(const struct protocol_request *request, uint8_t *bytes, size_t size)
{
	struct writer writer = { bytes, bytes + size };

	if (size < PROTOCOL_TAP_REQUEST_SIZE)
		return 0;
	write_header(&writer, MAGIC_REQUEST, &request->header, PROTOCOL_TAP_REQUEST_SIZE);
	write_string(&writer, request->tap.bridge, sizeof request->tap.bridge);
	write_u32(&writer, request->tap.flags);
	write_u16(&writer, request->tap.queues);
	write_bytes(&writer, request->tap.mac, sizeof request->tap.mac);
	write_zeros(&writer, 4);
	return PROTOCOL_TAP_REQUEST_SIZE;
}

enum protocol_error protocol_decode_request(const uint8_t *bytes, size_t length,
					    struct protocol_request *request)
{
	struct reader reader = { bytes, bytes + length, PROTOCOL_OK };

	*request = (struct protocol_request){ 0 };
	read_header(&reader, MAGIC_REQUEST, &request->header, length, PROTOCOL_TAP_REQUEST_SIZE);
	if (reader.error != PROTOCOL_OK)
		return reader.error;
	read_string(&reader, request->tap.bridge, sizeof request->tap.bridge);
	request->tap.flags = read_u32(&reader);
	request->tap.queues = read_u16(&reader);
	read_bytes(&reader, request->tap.mac, sizeof request->tap.mac);
	read_zeros(&reader, 4);
	if ((request->tap.flags & ~PROTOCOL_TAP_FLAGS_ALL) != 0)
		fail(&reader, PROTOCOL_FLAG_UNKNOWN);
	return reader.error;
}

size_t protocol_encode_reply(const struct protocol_reply *reply, uint8_t *bytes, size_t size)
{
	struct writer writer = { bytes, bytes + size };

	if (size < PROTOCOL_REPLY_SIZE)
		return 0;
	write_header(&writer, MAGIC_REPLY, &reply->header, PROTOCOL_REPLY_SIZE);
	write_u32(&writer, reply->code);
	write_u32(&writer, reply->flags);
	write_u32(&writer, reply->mtu_bytes);
	write_u32(&writer, reply->quota);
	write_u32(&writer, reply->quota_used);
	write_u16(&writer, reply->queues);
	write_u16(&writer, reply->vhost_count);
	write_u16(&writer, reply->vlan);
	write_zeros(&writer, 22);
	write_string(&writer, reply->port, sizeof reply->port);
	write_string(&writer, reply->tap, sizeof reply->tap);
	write_string(&writer, reply->sentence, sizeof reply->sentence);
	return PROTOCOL_REPLY_SIZE;
}

enum protocol_error protocol_decode_reply(const uint8_t *bytes, size_t length,
					  struct protocol_reply *reply)
{
	struct reader reader = { bytes, bytes + length, PROTOCOL_OK };

	*reply = (struct protocol_reply){ 0 };
	read_header(&reader, MAGIC_REPLY, &reply->header, length, PROTOCOL_REPLY_SIZE);
	if (reader.error != PROTOCOL_OK)
		return reader.error;
	reply->code = read_u32(&reader);
	reply->flags = read_u32(&reader);
	reply->mtu_bytes = read_u32(&reader);
	reply->quota = read_u32(&reader);
	reply->quota_used = read_u32(&reader);
	reply->queues = read_u16(&reader);
	reply->vhost_count = read_u16(&reader);
	reply->vlan = read_u16(&reader);
	read_zeros(&reader, 22);
	read_string(&reader, reply->port, sizeof reply->port);
	read_string(&reader, reply->tap, sizeof reply->tap);
	read_string(&reader, reply->sentence, sizeof reply->sentence);
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
