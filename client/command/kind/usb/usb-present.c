/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Is a USB device plugged in? */
#include "client/command/kind/usb/usb-present.h"

#include <stdlib.h>
#include <string.h>

#include "client/command/machine/tree.h"

#define DEVICES "/sys/bus/usb/devices"

static int has_text(const char *root, const char *name, const char *attribute, const char *text)
{
	char *value = tree_line(root, DEVICES "/%s/%s", name, attribute);
	int is_same = value != NULL && strcmp(value, text) == 0;

	free(value);
	return is_same;
}

static int has_hex(const char *root, const char *name, const char *attribute, unsigned number)
{
	char *text = text_format("%04x", number);
	int is_same = has_text(root, name, attribute, text);

	free(text);
	return is_same;
}

static int has_number(const char *root, const char *name, const char *attribute, unsigned number)
{
	char *text = text_format("%u", number);
	int is_same = has_text(root, name, attribute, text);

	free(text);
	return is_same;
}

static int fits(const char *root, const struct usb_option *option, const char *name)
{
	/* Interfaces have a colon. */
	if (strchr(name, ':') != NULL)
		return 0;
	if (option->port[0] != '\0' && strcmp(option->port, name) != 0)
		return 0;
	if (option->has_ids && (!has_hex(root, name, "idVendor", option->vendor) ||
				!has_hex(root, name, "idProduct", option->product)))
		return 0;
	if (option->has_number && (!has_number(root, name, "busnum", option->bus) ||
				   !has_number(root, name, "devnum", option->device)))
		return 0;
	return option->serial[0] == '\0' || has_text(root, name, "serial", option->serial);
}

int usb_present(const char *root, const struct usb_option *option)
{
	struct words names = { 0 };
	int found = 0;

	tree_names(&names, root, DEVICES);
	for (size_t i = 0; i < names.count && !found; i++)
		found = fits(root, option, names.items[i]);
	words_release(&names);
	return found;
}
