/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The words of --usb. Pure. */
#include "client/command/kind/usb/usb-option.h"

#include <string.h>

#include "client/command/options/option-words.h"
#include "client/text/message.h"

#define NUMBER_MAX 999 /* three digits in the name of a node */

static int take_ids(struct usb_option *option, struct piece piece)
{
	struct piece vendor = { piece.text, 4 }, product = { piece.text + 5, 4 };
	uint64_t number[2];

	if (piece.length != 9 || piece.text[4] != ':' || option->has_ids ||
	    piece_hex(vendor, 4, &number[0]) < 0 || piece_hex(product, 4, &number[1]) < 0)
		return -1;
	option->has_ids = 1;
	option->vendor = (uint16_t)number[0];
	option->product = (uint16_t)number[1];
	return 0;
}

/* Numbers from 1 without a leading zero: a bus, a dash, ports with dots between. */
static int is_port(struct piece piece)
{
	struct piece part = { piece.text, 0 };
	unsigned parts = 0;

	for (size_t i = 0; i <= piece.length; i++) {
		char end = parts == 0 ? '-' : '.';
		uint64_t number;

		if (i < piece.length && piece.text[i] != end) {
			part.length++;
			continue;
		}
		if (part.length == 0 || *part.text == '0' ||
		    piece_number(part, 1, NUMBER_MAX, &number) < 0)
			return 0;
		part = (struct piece){ piece.text + i + 1, 0 };
		parts++;
	}
	return parts >= 2;
}

static int take_port(struct usb_option *option, struct piece piece)
{
	return option->port[0] == '\0' && is_port(piece)
		       ? piece_copy(piece, option->port, sizeof option->port)
		       : -1;
}

static int take_count(uint16_t *field, struct piece value)
{
	uint64_t number;

	if (*field != 0 || piece_number(value, 1, NUMBER_MAX, &number) < 0)
		return -1;
	*field = (uint16_t)number;
	return 0;
}

/* Words that say what is to be done, not which device it is. Returns 1 if it is one. */
static int take_word(struct usb_option *option, struct piece piece)
{
	if (piece_is(piece, "optional"))
		return option->optional = 1;
	if (piece_is(piece, "follow"))
		return option->follow = 1;
	return 0;
}

/* Returns NULL or what is wrong. */
static const char *take_piece(struct usb_option *option, struct piece piece)
{
	struct piece value = piece_value(piece, "serial");

	if (take_word(option, piece))
		return NULL;
	if (value.text != NULL)
		return piece_copy(value, option->serial, sizeof option->serial) < 0
			       ? _("must be 1 to 127 characters")
			       : NULL;
	value = piece_value(piece, "port");
	if (value.text != NULL)
		return take_port(option, value) < 0 ? _("must be one port, like 1-1.4") : NULL;
	value = piece_value(piece, "bus");
	if (value.text != NULL)
		return take_count(&option->bus, value) < 0 ? _("must be one number, 1 to 999")
							   : NULL;
	value = piece_value(piece, "device");
	if (value.text != NULL)
		return take_count(&option->device, value) < 0 ? _("must be one number, 1 to 999")
							      : NULL;
	if (take_ids(option, piece) < 0 && take_port(option, piece) < 0)
		return _("must be VID:PID like 0951:1666, a port like 1-1.4, or bus=N,device=N; "
			 "optional, follow and serial=TEXT may stand behind");
	return NULL;
}

int usb_option_parse(const char *text, struct usb_option *option, char *why, size_t why_size)
{
	struct piece piece = { text, 0 };
	const char *wrong = NULL;

	*option = (struct usb_option){ .text = text };
	do {
		/* A serial number is whatever its maker likes. */
		piece.length = strncmp(piece.text, "serial=", strlen("serial=")) == 0
				       ? strlen(piece.text) : strcspn(piece.text, ",");
		wrong = take_piece(option, piece);
		if (wrong != NULL)
			return piece_fail(why, why_size, piece, wrong);
		piece.text += piece.length;
	} while (*piece.text++ == ',');
	piece = (struct piece){ text, strlen(text) };
	if ((option->bus != 0) != (option->device != 0))
		return piece_fail(why, why_size, piece, _("bus= and device= belong together"));
	option->has_number = option->bus != 0;
	if (!option->has_ids && !option->has_number && option->port[0] == '\0')
		return piece_fail(why, why_size, piece, _("VID:PID is missing"));
	return 0;
}

struct vmgrant_usb_request usb_option_request(const struct usb_option *option, unsigned flags)
{
	return (struct vmgrant_usb_request){
		.size = sizeof(struct vmgrant_usb_request),
		.flags = flags | (option->has_ids ? VMGRANT_USB_IDS : 0u) |
			 (option->has_number ? VMGRANT_USB_NUMBER : 0u),
		.vendor = option->vendor,
		.product = option->product,
		.bus = option->bus,
		.device = option->device,
		.port = option->port[0] == '\0' ? NULL : option->port,
		.serial = option->serial[0] == '\0' ? NULL : option->serial,
	};
}
