/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The words of --vfio. Pure. */
#include "client/command/kind/vfio/vfio-option.h"

#include <stdio.h>
#include <string.h>

#include "client/command/options/option-words.h"
#include "client/text/message.h"

/* Bytes, or a number with K, M, G or T behind it. */
static int take_size(uint64_t *bytes, struct piece value)
{
	static const char units[] = "KMGT";
	const char *unit = value.length == 0 ? NULL
					     : memchr(units, value.text[value.length - 1], 4);
	unsigned shift = unit == NULL ? 0 : 10 * (unsigned)(unit - units + 1);

	value.length -= unit != NULL;
	if (piece_number(value, 0, (UINT64_MAX - 1) >> shift, bytes) < 0)
		return -1;
	*bytes <<= shift;
	return 0;
}

static const char *take_piece(struct vfio_option *option, struct piece piece)
{
	struct piece value = piece_value(piece, "memlock");

	if (value.text != NULL)
		return option->memlock_bytes != UINT64_MAX ||
				       take_size(&option->memlock_bytes, value) < 0
			       ? _("must be one size, like 8G")
			       : NULL;
	value = piece_value(piece, "iommufd");
	if (value.text != NULL)
		return option->iommufd_off++ != 0 || value.length != 3 ||
				       strncmp(value.text, "off", 3) != 0
			       ? _("must be off, once")
			       : NULL;
	value = piece_value(piece, "bus");
	if (value.text != NULL)
		return option_take_one_name(value, option->bus);
	return _("not known: memlock=, iommufd= and bus= are");
}

int vfio_option_parse(const char *text, struct vfio_option *option, char *why, size_t why_size)
{
	struct piece piece = piece_first(text);
	const char *wrong;

	*option = (struct vfio_option){ .memlock_bytes = UINT64_MAX };
	if (pci_address_complete(piece.text, piece.length, option->address) < 0)
		return piece_fail(why, why_size, piece,
				  _("must be an address of a PCI device, like 0000:03:00.0"));
	while (piece_next(&piece)) {
		wrong = take_piece(option, piece);
		if (wrong != NULL)
			return piece_fail(why, why_size, piece, wrong);
	}
	return 0;
}
