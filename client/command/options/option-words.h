/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Pieces of the words that options take: what stands between commas, numbers, names. Pure.
 */
#ifndef VMGRANT_CLIENT_COMMAND_OPTIONS_OPTION_WORDS_H
#define VMGRANT_CLIENT_COMMAND_OPTIONS_OPTION_WORDS_H

#include <stddef.h>
#include <stdint.h>

#define OPTION_NAME_SIZE 64

/* Not ended by NUL. */
struct piece {
	const char *text;
	size_t length;
};

int piece_is(struct piece piece, const char *word);

/* What stands behind "KEY=", or a piece without text if it is not that key. */
struct piece piece_value(struct piece piece, const char *key);

/* Decimal digits only. Returns 0 if it is min to max, else -1. */
int piece_number(struct piece piece, uint64_t min, uint64_t max, uint64_t *number_out);

/* The piece that begins a text, and the one behind its comma. piece_next(): 0 at the end. */
struct piece piece_first(const char *text);
int piece_next(struct piece *piece);

/* Exactly so many hexadecimal digits. Returns 0 or -1. */
int piece_hex(struct piece piece, size_t digits, uint64_t *number_out);

/* Returns 0, or -1 if it is empty or does not fit. */
int piece_copy(struct piece piece, char *text, size_t size);

/* What QEMU takes for the name of a model, an object or a bus. */
int option_is_name(const char *text);

/* Such a name in name, of OPTION_NAME_SIZE. Returns 0, or -1 if it is none. */
int option_copy_name(struct piece value, char *name);

/* The same where it may stand once. Returns NULL, or what is wrong. */
const char *option_take_one_name(struct piece value, char *name);

/* "PIECE: REASON" in why. Returns -1. */
int piece_fail(char *why, size_t size, struct piece piece, const char *reason);

#endif
