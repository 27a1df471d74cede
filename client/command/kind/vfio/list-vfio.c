/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant list: the PCI devices for VFIO. */
#include <stdlib.h>
#include <string.h>

#include "client/command/common/json.h"
#include "client/command/kind/vfio/vfio.h"
#include "client/command/list/list-device.h"
#include "client/command/machine/tree.h"

#define PCI "/sys/bus/pci/devices"
#define PCI_CLASS_BRIDGE 0x06

static void add_vfio(struct list_section *section, const struct list_device *entry, const char *driver)
{
	json_object *object;

	if (section->array == NULL) {
		list_print_device(section, entry);
		return;
	}
	object = list_device_json(entry, "address");
	if (driver != NULL)
		json_add_text(object, "driver", driver);
	if (entry->code == VMGRANT_GRANTED)
		json_add_number(object, "memlock", entry->memlock_bytes);
	(void)json_object_array_add(section->array, object);
}

static char *name_pci(const struct list_section *section, long vendor, long product)
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

static int ask_vfio(struct list_section *section, const char *address, const char *driver)
{
	struct vmgrant_connection *connection = section->list->connection;
	const struct vmgrant_vfio_request request = {
		.size = sizeof request,
		.flags = VMGRANT_DEVICE_QUERY,
		.address = address,
	};
	const long vendor = list_hex_number(PCI, address, "vendor");
	const long product = list_hex_number(PCI, address, "device");
	struct vmgrant_vfio vfio = { .size = sizeof vfio };
	struct list_device entry = { .place = address, .vendor = (unsigned)vendor,
			       .product = (unsigned)product };
	int status;

	if (vendor < 0 || product < 0)
		return VMGRANT_GRANTED;
	entry.code = vmgrant_vfio(connection, &request, &vfio);
	entry.flags = vfio.flags;
	entry.memlock_bytes = vfio.memlock_bytes;
	entry.reason = vmgrant_error(connection);
	status = list_check_answer(section->list, entry.code);
	if (status != VMGRANT_GRANTED)
		return status;
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
	struct list_section section;
	struct words addresses;

	list_begin(&section, list, "VFIO", "vfio");
	tree_names(&addresses, PCI, "%s", "");
	for (size_t i = 0; code == VMGRANT_GRANTED && i < addresses.count; i++) {
		const char *address = addresses.items[i];
		char *driver = tree_link(PCI, "/%s/driver", address);

		if (list_hex_number(PCI, address, "class") >> 16 != PCI_CLASS_BRIDGE)
			code = ask_vfio(&section, address, driver);
		free(driver);
	}
	words_release(&addresses);
	device_names_close(&section.names);
	return code;
}
