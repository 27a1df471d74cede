/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* QEMU's options for USB devices. Pure. */
#include "client/command/kind/usb/launch-usb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/text/message.h"

/* Where no set of the person's own is likely to be. */
#define FIRST_FD_SET 7600u

/* More ports than a controller has by itself. */
#define USB_PORTS_DEFAULT 4

const char *launch_usb_misfit(const struct qemu_machine *machine)
{
	return machine->usb != QEMU_USB_NONE
		       ? NULL
		       : _("has no place for a USB controller: use another machine");
}

/* The bus for the devices, "" where QEMU chooses; to be freed. */
static char *add_controller(size_t count, char *const arguments[], struct launch_qemu *qemu,
			    struct words *words)
{
	json_object *controller;
	char *id, *bus;

	if (qemu->machine.usb == QEMU_USB_SWITCH)
		launch_add(words, "-machine", text_format("usb=on"));
	if (qemu->machine.usb != QEMU_USB_XHCI)
		return text_format("%s", qemu->machine.usb == QEMU_USB_SWITCH ? "usb-bus.0" : "");
	id = launch_free_id(arguments, "xhci", LAUNCH_ID_PLAIN, 1);
	controller = qemu_option_new("driver", "qemu-xhci");
	qemu_option_add_text(controller, "id", id);
	launch_add_slot(controller, qemu);
	if (count > USB_PORTS_DEFAULT) {
		qemu_option_add_number(controller, "p2", LAUNCH_USB_MAX);
		qemu_option_add_number(controller, "p3", LAUNCH_USB_MAX);
	}
	launch_add_device(words, controller, qemu);
	bus = text_format("%s.0", id);
	free(id);
	return bus;
}

static void add_usb(const struct usb_device *device, unsigned set, const char *bus,
		    const struct launch_qemu *qemu, struct words *words)
{
	json_object *host = qemu_option_new("driver", "usb-host");
	char *path = text_format("/dev/fdset/%u", set);

	launch_add_fd(words, device->usb.fd, set, device->id);
	qemu_option_add_text(host, "id", device->id);
	if (*bus != '\0')
		qemu_option_add_text(host, "bus", bus);
	qemu_option_add_text(host, "hostdevice", path);
	launch_add_device(words, host, qemu);
	free(path);
}

void launch_add_usb(struct usb_device *devices, size_t count, char *const arguments[],
		    struct launch_qemu *qemu, struct words *words)
{
	unsigned set = FIRST_FD_SET, number = 0;
	int is_needed = 0;
	char *bus;

	for (size_t i = 0; i < count; i++) {
		char *id = launch_free_id(arguments, "usb", LAUNCH_ID_NUMBERED, number);

		(void)snprintf(devices[i].id, sizeof devices[i].id, "%s", id);
		number = launch_number_of(id, "usb") + 1;
		free(id);
		is_needed |= devices[i].usb.fd >= 0 || devices[i].option.follow;
	}
	if (!is_needed)
		return;
	bus = add_controller(count, arguments, qemu, words);
	for (size_t i = 0; i < count; i++) {
		if (devices[i].usb.fd < 0)
			continue;
		set = launch_free_set(set, arguments);
		add_usb(&devices[i], set++, bus, qemu, words);
	}
	free(bus);
}
