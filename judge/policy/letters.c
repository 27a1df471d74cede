/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Letters of people's names beyond ASCII: which bytes are one that can be seen. Pure. */
#include "judge/policy/letters.h"

#include <stdint.h>

struct range {
	uint32_t first, last;
};

/*
 * What an editor or terminal does not show, shows as a space, or takes as an order:
 * the general categories Cc, Cf, Cs, Cn of the fixed noncharacters, Zs, Zl and Zp of
 * Unicode 15.
 */
static const struct range unseen[] = {
	{ 0x80, 0xa0 },       { 0xad, 0xad },       { 0x34f, 0x34f },     { 0x600, 0x605 },
	{ 0x61c, 0x61c },     { 0x6dd, 0x6dd },     { 0x70f, 0x70f },     { 0x890, 0x891 },
	{ 0x8e2, 0x8e2 },     { 0x115f, 0x1160 },   { 0x1680, 0x1680 },   { 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f },   { 0x2000, 0x200f },   { 0x2028, 0x202f },   { 0x205f, 0x206f },
	{ 0x3000, 0x3000 },   { 0x3164, 0x3164 },   { 0xd800, 0xdfff },   { 0xfdd0, 0xfdef },
	{ 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb },
	{ 0xfffe, 0xffff },   { 0x110bd, 0x110bd }, { 0x110cd, 0x110cd }, { 0x13430, 0x1343f },
	{ 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

static int is_seen(uint32_t letter)
{
	if ((letter & 0xfffe) == 0xfffe || letter > 0x10ffff)
		return 0;
	for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++) {
		if (letter >= unseen[i].first && letter <= unseen[i].last)
			return 0;
	}
	return 1;
}

/* How many bytes follow a first byte, whose own bits come into *letter; 0: none can. */
static size_t read_first(unsigned char byte, uint32_t *letter)
{
	if (byte >= 0xc2 && byte <= 0xdf) {
		*letter = byte & 0x1fu;
		return 1;
	}
	if ((byte & 0xf0) == 0xe0) {
		*letter = byte & 0x0fu;
		return 2;
	}
	if (byte >= 0xf0 && byte <= 0xf4) {
		*letter = byte & 0x07u;
		return 3;
	}
	return 0;
}

size_t acl_letter_length(const char *text, size_t length)
{
	static const uint32_t smallest[] = { 0, 0x80, 0x800, 0x10000 };
	uint32_t letter = 0;
	size_t more = length > 0 ? read_first((unsigned char)text[0], &letter) : 0;

	if (more == 0 || length < more + 1)
		return 0;
	for (size_t i = 1; i <= more; i++) {
		unsigned char byte = (unsigned char)text[i];

		if ((byte & 0xc0) != 0x80)
			return 0;
		letter = letter << 6 | (byte & 0x3fu);
	}
	return letter >= smallest[more] && is_seen(letter) ? more + 1 : 0;
}
