/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant list: the USB devices of this machine. */
#include <stdlib.h>
#include <string.h>

#include "client/command/common/json.h"
#include "client/command/kind/usb/usb.h"
#include "client/command/list/list-device.h"
#include "client/command/machine/tree.h"
#include "client/text/message.h"

#define USB "/sys/bus/usb/devices"
#define USB_CLASS_HUB 0x09

/* Interfaces have a colon in their names, and what has no dash is a bus. Hubs nobody gets. */
static int is_for_guests(const char *port)
{
	return strchr(port, ':') == NULL && strchr(port, '-') != NULL &&
	       list_hex_number(USB, port, "bDeviceClass") != USB_CLASS_HUB;
}

static void add_usb(struct list_section *section, const struct list_device *entry, long bus, long device)
{
	json_object *object;

	if (section->array == NULL) {
		list_print_device(section, entry);
		return;
	}
	object = list_device_json(entry, "port");
	json_add_number(object, "bus", (uint64_t)bus);
	json_add_number(object, "device", (uint64_t)device);
	(void)json_object_array_add(section->array, object);
}

static char *name_usb(const struct list_section *section, const char *port, long vendor, long product)
{
	char *modalias = text_format("usb:v%04lXp%04lX", vendor, product);
	char *maker = tree_line(USB, "/%s/manufacturer", port);
	char *model = tree_line(USB, "/%s/product", port);
	char *name = device_name(&section->names, modalias, maker, model);

	free(model);
	free(maker);
	free(modalias);
	return name;
}

/* A request has no room for such numbers. */
static void add_odd_usb(struct list_section *section, struct list_device *entry, long bus, long device)
{
	entry->name = text_format("%s", "");
	entry->object = text_format("%s", "");
	entry->code = VMGRANT_USAGE;
	entry->reason = _("its bus or device number is too large for a request");
	add_usb(section, entry, bus, device);
	free(entry->object);
	free(entry->name);
}

static int ask_usb(struct list_section *section, const char *port)
{
	struct vmgrant_connection *connection = section->list->connection;
	const long vendor = list_hex_number(USB, port, "idVendor");
	const long product = list_hex_number(USB, port, "idProduct");
	const long bus = tree_number(USB, "/%s/busnum", port);
	const long device = tree_number(USB, "/%s/devnum", port);
	const struct vmgrant_usb_request request = {
		.size = sizeof request,
		.flags = VMGRANT_DEVICE_QUERY | VMGRANT_USB_NUMBER,
		.bus = (uint16_t)bus,
		.device = (uint16_t)device,
	};
	struct vmgrant_usb usb = { .size = sizeof usb };
	struct list_device entry = { .place = port, .vendor = (unsigned)vendor,
			       .product = (unsigned)product };
	int status;

	/* It has just been pulled out. */
	if (vendor < 0 || product < 0 || bus <= 0 || device <= 0)
		return VMGRANT_GRANTED;
	if (bus > UINT16_MAX || device > UINT16_MAX) {
		add_odd_usb(section, &entry, bus, device);
		return VMGRANT_GRANTED;
	}
	entry.code = vmgrant_usb(connection, &request, &usb);
	entry.flags = usb.flags;
	entry.reason = vmgrant_error(connection);
	status = list_check_answer(section->list, entry.code);
	if (status != VMGRANT_GRANTED)
		return status;
	entry.name = name_usb(section, port, vendor, product);
	entry.object = text_format("usb bus %ld device %ld", bus, device);
	add_usb(section, &entry, bus, device);
	free(entry.object);
	free(entry.name);
	return VMGRANT_GRANTED;
}

int list_usb(struct list *list)
{
	int code = VMGRANT_GRANTED;
	struct list_section section;
	struct words ports;

	list_begin(&section, list, "USB", "usb");
	tree_names(&ports, USB, "%s", "");
	for (size_t i = 0; code == VMGRANT_GRANTED && i < ports.count; i++) {
		if (is_for_guests(ports.items[i]))
			code = ask_usb(&section, ports.items[i]);
	}
	words_release(&ports);
	device_names_close(&section.names);
	return code;
}
