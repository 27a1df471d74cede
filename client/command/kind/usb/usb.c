/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* USB devices: the row. */
#include "client/command/kind/usb/usb.h"

#include <stdlib.h>
#include <string.h>

#include "client/command/kind/kind.h"
#include "client/command/machine/tree.h"
#include "client/text/message.h"

#define USB "/sys/bus/usb/devices"

/* Vendor and product, and where it is plugged in. What begins with "usb" is a bus. */
static void usb_objects(struct words *objects, const char *command)
{
	struct words places;

	(void)command;
	tree_names(&places, USB, "%s", "");
	for (size_t i = 0; i < places.count; i++) {
		char *vendor = tree_line(USB, "/%s/idVendor", places.items[i]);
		char *product = tree_line(USB, "/%s/idProduct", places.items[i]);

		if (vendor != NULL && product != NULL)
			words_add(objects, text_format("%s:%s", vendor, product));
		if (vendor != NULL && strncmp(places.items[i], "usb", 3) != 0)
			words_add(objects, text_format("%s", places.items[i]));
		free(product);
		free(vendor);
	}
	words_release(&places);
}

const struct command_kind command_kind_usb = {
	.word = "usb",
	.option = "usb",
	.object = "ID",
	.none = N_("no USB device"),
	.example = "0951:1666",
	.run_help = N_("  --usb ID           a USB device, as VID:PID or port; may be repeated\n"
		       "        VID:PID          as lsusb prints it\n"
		       "        BUS-PORT         where it is plugged in: 1-1.4\n"
		       "        bus=N,device=N   as lsusb counts them\n"
		       "        ,optional        start without it if it is not there\n"
		       "        ,follow          plug it in whenever it comes, while QEMU runs\n"
		       "        ,serial=TEXT     and of this serial number; comes last\n"),
	.attach_help = N_("  --usb ID           a USB device, see vmgrant run --help\n"),
	.explain_help = "  usb VENDOR:PRODUCT [serial=TEXT] [port=PORT] [class=NUMBER]\n",
	.summary = "a USB device",
	.run_words = "port= bus= device= serial= follow optional",
	.attach_words = "port= bus= device= serial= follow",
	.last_word = "serial=",
	.objects = usb_objects,
	.run = &run_usb,
	.attach = &attach_usb,
	.list = list_usb,
};
