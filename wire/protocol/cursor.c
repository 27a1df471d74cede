/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Little-endian integers and fixed strings, read from and written to memory. Pure. */
#include "wire/protocol/cursor.h"

#include <string.h>

void cursor_fail(struct reader *reader, enum protocol_error error)
{
	if (reader->error == PROTOCOL_OK)
		reader->error = error;
}

void cursor_read_bytes(struct reader *reader, void *into, size_t length)
{
	if ((size_t)(reader->end - reader->next) < length) {
		memset(into, 0, length);
		reader->next = reader->end;
		cursor_fail(reader, PROTOCOL_LENGTH);
		return;
	}
	memcpy(into, reader->next, length);
	reader->next += length;
}

uint32_t cursor_read_u32(struct reader *reader)
{
	uint8_t bytes[4];

	cursor_read_bytes(reader, bytes, sizeof bytes);
	return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
	       (uint32_t)bytes[3] << 24;
}

uint16_t cursor_read_u16(struct reader *reader)
{
	uint8_t bytes[2];

	cursor_read_bytes(reader, bytes, sizeof bytes);
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

uint64_t cursor_read_u64(struct reader *reader)
{
	uint64_t low = cursor_read_u32(reader);

	return low | (uint64_t)cursor_read_u32(reader) << 32;
}

void cursor_read_zeros(struct reader *reader, size_t length)
{
	while (length-- > 0) {
		uint8_t byte;

		cursor_read_bytes(reader, &byte, 1);
		if (byte != 0)
			cursor_fail(reader, PROTOCOL_RESERVED);
	}
}

/* One NUL at least, and nothing but NULs behind the first. */
void cursor_read_string(struct reader *reader, char *text, size_t size)
{
	cursor_read_bytes(reader, text, size);
	for (size_t i = strnlen(text, size); i < size; i++) {
		if (text[i] != '\0')
			cursor_fail(reader, PROTOCOL_STRING);
	}
	if (text[size - 1] != '\0')
		cursor_fail(reader, PROTOCOL_STRING);
	text[size - 1] = '\0';
}

void cursor_write_bytes(struct writer *writer, const void *from, size_t length)
{
	memcpy(writer->next, from, length);
	writer->next += length;
}

void cursor_write_u32(struct writer *writer, uint32_t value)
{
	const uint8_t bytes[4] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
				   (uint8_t)(value >> 24) };

	cursor_write_bytes(writer, bytes, sizeof bytes);
}

void cursor_write_u16(struct writer *writer, uint16_t value)
{
	const uint8_t bytes[2] = { (uint8_t)value, (uint8_t)(value >> 8) };

	cursor_write_bytes(writer, bytes, sizeof bytes);
}

void cursor_write_u64(struct writer *writer, uint64_t value)
{
	cursor_write_u32(writer, (uint32_t)value);
	cursor_write_u32(writer, (uint32_t)(value >> 32));
}

void cursor_write_zeros(struct writer *writer, size_t length)
{
	memset(writer->next, 0, length);
	writer->next += length;
}

void cursor_write_string(struct writer *writer, const char *text, size_t size)
{
	size_t length = strnlen(text, size - 1);

	cursor_write_bytes(writer, text, length);
	cursor_write_zeros(writer, size - length);
}
