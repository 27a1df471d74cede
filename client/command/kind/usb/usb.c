/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* USB devices: the row. */
#include "client/command/kind/usb/usb.h"

#include "client/command/kind/kind.h"

const struct command_kind command_kind_usb = {
	.word = "usb",
	.option = "usb",
	.object = "ID",
	.thing = "USB device",
	.example = "0951:1666",
	.run_help = "  --usb ID           a USB device, as VID:PID or port; may be repeated\n"
		    "        VID:PID          as lsusb prints it\n"
		    "        BUS-PORT         where it is plugged in: 1-1.4\n"
		    "        bus=N,device=N   as lsusb counts them\n"
		    "        ,optional        start without it if it is not there\n"
		    "        ,follow          plug it in whenever it comes, while QEMU runs\n"
		    "        ,serial=TEXT     and of this serial number; comes last\n",
	.attach_help = "  --usb ID           a USB device, see vmgrant run --help\n",
	.explain_help = "  usb VENDOR:PRODUCT [serial=TEXT] [port=PORT] [class=NUMBER]\n",
	.run = &run_usb,
	.attach = &attach_usb,
	.list = list_usb,
};
