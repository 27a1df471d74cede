/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Little-endian integers and fixed strings, read from and written to memory. Pure.
 *
 * A reader never touches a byte behind its end: what is not there reads as zeros
 * and is an error, and the first error is kept. A writer's room was measured by
 * whoever made it.
 */
#ifndef VMGRANT_WIRE_PROTOCOL_CURSOR_H
#define VMGRANT_WIRE_PROTOCOL_CURSOR_H

#include <stddef.h>
#include <stdint.h>

#include "wire/protocol/protocol.h"

struct reader {
	const uint8_t *next, *end;
	enum protocol_error error; /* the first thing that was wrong */
};

struct writer {
	uint8_t *next, *end;
};

/* Keep an error unless there is one already. */
void cursor_fail(struct reader *reader, enum protocol_error error);

void cursor_read_bytes(struct reader *reader, void *into, size_t length);
uint16_t cursor_read_u16(struct reader *reader);
uint32_t cursor_read_u32(struct reader *reader);
uint64_t cursor_read_u64(struct reader *reader);

/* Bytes that must be zero. */
void cursor_read_zeros(struct reader *reader, size_t length);

/* A string that fills size bytes: one NUL at least, and nothing but NULs behind the first. */
void cursor_read_string(struct reader *reader, char *text, size_t size);

void cursor_write_bytes(struct writer *writer, const void *from, size_t length);
void cursor_write_u16(struct writer *writer, uint16_t value);
void cursor_write_u32(struct writer *writer, uint32_t value);
void cursor_write_u64(struct writer *writer, uint64_t value);
void cursor_write_zeros(struct writer *writer, size_t length);
void cursor_write_string(struct writer *writer, const char *text, size_t size);

#endif
