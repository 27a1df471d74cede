/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant list: the USB devices of this machine, and the PCI devices for VFIO. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/common/command.h"
#include "client/command/common/device-name.h"
#include "client/command/list/list.h"
#include "client/command/common/tree.h"

#define USB "/sys/bus/usb/devices"
#define PCI "/sys/bus/pci/devices"
#define USB_CLASS_HUB 0x09
#define PCI_CLASS_BRIDGE 0x06

/* One device and what was said about it. */
struct entry {
	const char *place; /* port or address */
	unsigned vendor, product;
	char *name;
	enum vmgrant_code code;
	unsigned flags; /* enum vmgrant_node_flag */
	const char *reason;
	char *object;   /* as the reason begins */
	uint64_t memlock_bytes;
};

struct section {
	struct list *list;
	const char *place_title;
	json_object *array; /* NULL: for people */
	size_t row_count;
	struct device_names names;
};

/* A number of sysfs in hexadecimal, with or without 0x; -1: none. */
static long hex_number(const char *root, const char *device, const char *attribute)
{
	char *line = tree_line(root, "/%s/%s", device, attribute), *end;
	long number;

	if (line == NULL)
		return -1;
	number = strtol(line, &end, 16);
	if (end == line || *end != '\0')
		number = -1;
	free(line);
	return number;
}

/* ---- for people ---- */

static void print_entry(struct section *section, const struct entry *entry)
{
	const char *memlock = entry->memlock_bytes > 0 ? " (memlock=" : "";
	char *ids = text_format("%04x:%04x", entry->vendor, entry->product);
	char *limit = entry->memlock_bytes == 0
			      ? text_format("%s", "")
			      : text_format("%llu MiB)",
					    (unsigned long long)entry->memlock_bytes >> 20);
	const int is_no = entry->code != VMGRANT_GRANTED;
	const char *yes = (entry->flags & VMGRANT_NODE_POLKIT) != 0 ? "polkit" : "yes";

	if (section->row_count++ == 0)
		(void)printf("%s%-15s  %-7s  %-9s  %s\n", section->list->row_count > 0 ? "\n" : "",
			     section->place_title, "ALLOWED", "ID", "NAME, OR WHY NOT");
	section->list->row_count++;
	(void)printf("%-15s  %-7s  %-9s  %s%s%s%s%s\n", entry->place, is_no ? "no" : yes, ids,
		     entry->name, is_no && *entry->name != '\0' ? ": " : "",
		     is_no ? list_shorten(entry->reason, entry->object) : "", memlock, limit);
	free(limit);
	free(ids);
}

/* ---- for programs ---- */

static json_object *to_json(const struct entry *entry, const char *place_key)
{
	json_object *object = json_object_new_object();
	char *ids = text_format("%04x:%04x", entry->vendor, entry->product);

	list_add_text(object, place_key, entry->place);
	list_add_text(object, "id", ids);
	list_add_text(object, "name", entry->name);
	list_add_verdict(object, entry->code, entry->reason);
	if (entry->code == VMGRANT_GRANTED)
		list_add(object, "polkit",
			 json_object_new_boolean((entry->flags & VMGRANT_NODE_POLKIT) != 0));
	free(ids);
	return object;
}

static void begin(struct section *section, struct list *list, const char *title, const char *key)
{
	*section = (struct section){ .list = list, .place_title = title };
	device_names_open(&section->names);
	if (list->sections == NULL)
		return;
	section->array = json_object_new_array();
	list_add(list->sections, key, section->array);
}

/* ---- USB ---- */

/* Interfaces have a colon in their names, and what has no dash is a bus. Hubs nobody gets. */
static int is_for_guests(const char *port)
{
	return strchr(port, ':') == NULL && strchr(port, '-') != NULL &&
	       hex_number(USB, port, "bDeviceClass") != USB_CLASS_HUB;
}

static void add_usb(struct section *section, const struct entry *entry, long bus, long device)
{
	json_object *object;

	if (section->array == NULL) {
		print_entry(section, entry);
		return;
	}
	object = to_json(entry, "port");
	list_add_number(object, "bus", (uint64_t)bus);
	list_add_number(object, "device", (uint64_t)device);
	(void)json_object_array_add(section->array, object);
}

static char *name_usb(const struct section *section, const char *port, long vendor, long product)
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
static void add_odd_usb(struct section *section, struct entry *entry, long bus, long device)
{
	entry->name = text_format("%s", "");
	entry->object = text_format("%s", "");
	entry->code = VMGRANT_USAGE;
	entry->reason = "its bus or device number is too large for a request";
	add_usb(section, entry, bus, device);
	free(entry->object);
	free(entry->name);
}

static int ask_usb(struct section *section, const char *port)
{
	struct vmgrant_connection *connection = section->list->connection;
	const long vendor = hex_number(USB, port, "idVendor");
	const long product = hex_number(USB, port, "idProduct");
	const long bus = tree_number(USB, "/%s/busnum", port);
	const long device = tree_number(USB, "/%s/devnum", port);
	const struct vmgrant_usb_request request = {
		.size = sizeof request,
		.flags = VMGRANT_DEVICE_QUERY | VMGRANT_USB_NUMBER,
		.bus = (uint16_t)bus,
		.device = (uint16_t)device,
	};
	struct vmgrant_usb usb = { .size = sizeof usb };
	struct entry entry = { .place = port, .vendor = (unsigned)vendor,
			       .product = (unsigned)product };

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
	if (!list_is_about_one(section->list, entry.code))
		return command_fail((int)entry.code, "%s", entry.reason);
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
	struct section section;
	struct words ports;

	begin(&section, list, "USB", "usb");
	tree_names(&ports, USB, "%s", "");
	for (size_t i = 0; code == VMGRANT_GRANTED && i < ports.count; i++) {
		if (is_for_guests(ports.items[i]))
			code = ask_usb(&section, ports.items[i]);
	}
	words_release(&ports);
	device_names_close(&section.names);
	return code;
}

/* ---- VFIO ---- */

static void add_vfio(struct section *section, const struct entry *entry, const char *driver)
{
	json_object *object;

	if (section->array == NULL) {
		print_entry(section, entry);
		return;
	}
	object = to_json(entry, "address");
	if (driver != NULL)
		list_add_text(object, "driver", driver);
	if (entry->code == VMGRANT_GRANTED)
		list_add_number(object, "memlock", entry->memlock_bytes);
	(void)json_object_array_add(section->array, object);
}

static char *name_pci(const struct section *section, long vendor, long product)
{
	char *modalias = text_format("pci:v%08lXd%08lX", vendor, product);
	char *name = device_name(&section->names, modalias, NULL, NULL);

	free(modalias);
	return name;
}

/* Of the many devices that have other drivers only those that a rule gives. */
static int is_worth_a_row(enum vmgrant_code code, const char *driver)
{
	return code != VMGRANT_DENIED || (driver != NULL && strstr(driver, "vfio") != NULL);
}

static int ask_vfio(struct section *section, const char *address, const char *driver)
{
	struct vmgrant_connection *connection = section->list->connection;
	const struct vmgrant_vfio_request request = {
		.size = sizeof request,
		.flags = VMGRANT_DEVICE_QUERY,
		.address = address,
	};
	const long vendor = hex_number(PCI, address, "vendor");
	const long product = hex_number(PCI, address, "device");
	struct vmgrant_vfio vfio = { .size = sizeof vfio };
	struct entry entry = { .place = address, .vendor = (unsigned)vendor,
			       .product = (unsigned)product };

	if (vendor < 0 || product < 0)
		return VMGRANT_GRANTED;
	entry.code = vmgrant_vfio(connection, &request, &vfio);
	entry.flags = vfio.flags;
	entry.memlock_bytes = vfio.memlock_bytes;
	entry.reason = vmgrant_error(connection);
	if (!list_is_about_one(section->list, entry.code))
		return command_fail((int)entry.code, "%s", entry.reason);
	if (!is_worth_a_row(entry.code, driver))
		return VMGRANT_GRANTED;
	entry.name = name_pci(section, vendor, product);
	entry.object = text_format("vfio %s", address);
	add_vfio(section, &entry, driver);
	free(entry.object);
	free(entry.name);
	return VMGRANT_GRANTED;
}

int list_vfio(struct list *list)
{
	int code = VMGRANT_GRANTED;
	struct section section;
	struct words addresses;

	begin(&section, list, "VFIO", "vfio");
	tree_names(&addresses, PCI, "%s", "");
	for (size_t i = 0; code == VMGRANT_GRANTED && i < addresses.count; i++) {
		const char *address = addresses.items[i];
		char *driver = tree_link(PCI, "/%s/driver", address);

		if (hex_number(PCI, address, "class") >> 16 != PCI_CLASS_BRIDGE)
			code = ask_vfio(&section, address, driver);
		free(driver);
	}
	words_release(&addresses);
	device_names_close(&section.names);
	return code;
}
