/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Devices of a running QEMU. */
#include "client/qmp/device.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/text/message.h"
#include "client/text/text.h"

/* Where QEMU keeps the devices that have an id. */
#define DEVICES "/machine/peripheral"
#define OWN_IDS_MAX 1000

#define PCI_SLOTS 32u

/* ---- the tree of objects ---- */

/* What stands at a path: a list of {"name", "type"}. */
static enum qmp_result list_objects(struct qmp *qmp, const char *path, json_object **list_out)
{
	enum qmp_result result =
		qmp_execute(qmp, "qom-list", qmp_argument("path", path), -1, list_out);

	if (result == QMP_DONE && !json_object_is_type(*list_out, json_type_array)) {
		(void)json_object_put(*list_out);
		*list_out = NULL;
		return qmp_fail(qmp, QMP_LOST, _("what came is not QMP"));
	}
	return result;
}

static int has_name(json_object *list, const char *name)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		json_object *entry = json_object_array_get_idx(list, i);

		if (strcmp(qmp_get_string(entry, "name"), name) == 0)
			return 1;
	}
	return 0;
}

enum qmp_result qmp_device_choose_id(struct qmp *qmp, char id[QMP_ID_SIZE])
{
	json_object *list;
	enum qmp_result result = list_objects(qmp, DEVICES, &list);

	if (result != QMP_DONE)
		return result;
	if (id[0] != '\0' && has_name(list, id))
		result = qmp_fail(qmp, QMP_REFUSED, _("there is a device of this id already"));
	for (unsigned i = 0; id[0] == '\0' && i < OWN_IDS_MAX; i++) {
		(void)snprintf(id, QMP_ID_SIZE, "vmgrant%u", i);
		if (has_name(list, id))
			id[0] = '\0';
	}
	if (id[0] == '\0')
		result = qmp_fail(qmp, QMP_REFUSED, _("too many devices"));
	(void)json_object_put(list);
	return result;
}

static enum qmp_result get_property(struct qmp *qmp, const char *id, const char *property,
				    json_object **value_out)
{
	char *path = text_format(DEVICES "/%s", id);
	json_object *arguments = qmp_argument("path", path);

	qmp_add_argument(arguments, "property", property);
	free(path);
	return qmp_execute(qmp, "qom-get", arguments, -1, value_out);
}

enum qmp_result qmp_device_get(struct qmp *qmp, const char *id, const char *property,
			       char *value_out, size_t size)
{
	json_object *value;
	enum qmp_result result = get_property(qmp, id, property, &value);

	if (result == QMP_DONE)
		(void)snprintf(value_out, size, "%s", json_object_get_string(value));
	(void)json_object_put(value);
	return result;
}

/* ---- a place for a new device ---- */

/* The bus behind a device, "" if it has none that PCIe devices go to. */
static enum qmp_result find_bus(struct qmp *qmp, const char *device, char bus[QMP_ID_SIZE])
{
	char *path = text_format(DEVICES "/%s", device);
	json_object *list;
	enum qmp_result result = list_objects(qmp, path, &list);

	bus[0] = '\0';
	for (size_t i = 0; result == QMP_DONE && i < json_object_array_length(list); i++) {
		json_object *entry = json_object_array_get_idx(list, i);

		if (strcmp(qmp_get_string(entry, "type"), "child<PCIE>") == 0)
			(void)snprintf(bus, QMP_ID_SIZE, "%s", qmp_get_string(entry, "name"));
	}
	(void)json_object_put(list);
	free(path);
	return result;
}

/* Devices on a bus are its child[0], child[1]... */
static enum qmp_result is_empty(struct qmp *qmp, const char *device, const char *bus,
				int *empty_out)
{
	char *path = text_format(DEVICES "/%s/%s", device, bus);
	json_object *list;
	enum qmp_result result = list_objects(qmp, path, &list);

	*empty_out = result == QMP_DONE;
	for (size_t i = 0; result == QMP_DONE && i < json_object_array_length(list); i++) {
		const char *name = qmp_get_string(json_object_array_get_idx(list, i), "name");

		if (strncmp(name, "child[", strlen("child[")) == 0)
			*empty_out = 0;
	}
	(void)json_object_put(list);
	free(path);
	return result;
}

/* bus is "" if a new device cannot go behind this one. */
static enum qmp_result find_free_bus(struct qmp *qmp, const char *device, char bus[QMP_ID_SIZE])
{
	enum qmp_result result = find_bus(qmp, device, bus);
	json_object *hotplug;
	int empty;

	if (result != QMP_DONE || bus[0] == '\0')
		return result;
	/* Older ports have no such switch and always take devices. */
	result = get_property(qmp, device, "hotplug", &hotplug);
	if (result == QMP_DONE && !json_object_get_boolean(hotplug))
		bus[0] = '\0';
	(void)json_object_put(hotplug);
	if (result != QMP_DONE && result != QMP_REFUSED)
		return result;
	if (bus[0] == '\0')
		return QMP_DONE;
	result = is_empty(qmp, device, bus, &empty);
	if (!empty)
		bus[0] = '\0';
	return result;
}

/* The free bus behind the device of the last name, rp10 behind rp9; "" if there is none. */
static enum qmp_result choose_bus(struct qmp *qmp, char bus_out[QMP_ID_SIZE])
{
	const char *best = NULL;
	json_object *list;
	enum qmp_result result = list_objects(qmp, DEVICES, &list);

	bus_out[0] = '\0';
	for (size_t i = 0; result == QMP_DONE && i < json_object_array_length(list); i++) {
		json_object *entry = json_object_array_get_idx(list, i);
		const char *name = qmp_get_string(entry, "name");
		char bus[QMP_ID_SIZE];

		if (strncmp(qmp_get_string(entry, "type"), "child<", strlen("child<")) != 0 ||
		    (best != NULL && strverscmp(name, best) < 0))
			continue;
		result = find_free_bus(qmp, name, bus);
		/* It has gone meanwhile. */
		if (result == QMP_REFUSED)
			result = QMP_DONE;
		if (result != QMP_DONE || bus[0] == '\0')
			continue;
		best = name;
		memcpy(bus_out, bus, sizeof bus);
	}
	(void)json_object_put(list);
	return result;
}

static int has_no_place(const struct qmp *qmp)
{
	return strstr(qmp->error, "does not support hotplugging") != NULL;
}

/* ---- slots of the first PCI bus ---- */

static json_object *member(json_object *object, const char *key, json_type type)
{
	json_object *value = NULL;

	return json_object_object_get_ex(object, key, &value) && json_object_is_type(value, type)
		       ? value : NULL;
}

/* A bit for each slot of bus 0 that a device is in. */
static uint32_t used_slots(json_object *buses)
{
	json_object *devices = NULL;
	uint32_t used = 0;

	for (size_t i = 0; i < json_object_array_length(buses) && devices == NULL; i++) {
		json_object *bus = json_object_array_get_idx(buses, i);

		if (json_object_get_int(member(bus, "bus", json_type_int)) == 0)
			devices = member(bus, "devices", json_type_array);
	}
	for (size_t i = 0; devices != NULL && i < json_object_array_length(devices); i++) {
		json_object *slot = member(json_object_array_get_idx(devices, i), "slot",
					   json_type_int);

		used |= 1u << (unsigned)json_object_get_int(slot) % PCI_SLOTS;
	}
	return used;
}

static enum qmp_result query_pci(struct qmp *qmp, json_object **buses_out)
{
	enum qmp_result result = qmp_execute(qmp, "query-pci", NULL, -1, buses_out);

	if (result == QMP_DONE && !json_object_is_type(*buses_out, json_type_array)) {
		(void)json_object_put(*buses_out);
		*buses_out = NULL;
		return qmp_fail(qmp, QMP_LOST, _("what came is not QMP"));
	}
	return result;
}

/* Name the highest free slot. Without PCI, or a free slot, QEMU chooses. */
static enum qmp_result choose_slot(struct qmp *qmp, json_object *arguments)
{
	json_object *buses;
	enum qmp_result result = query_pci(qmp, &buses);
	uint32_t used;
	unsigned slot = PCI_SLOTS - 1;

	if (result != QMP_DONE)
		return result == QMP_REFUSED ? QMP_DONE : result;
	used = used_slots(buses);
	while (slot > 0 && (used & 1u << slot) != 0)
		slot--;
	if (slot > 0 && json_object_array_length(buses) > 0) {
		char *address = text_format("0x%x", slot);

		qmp_add_argument(arguments, "addr", address);
		free(address);
	}
	(void)json_object_put(buses);
	return QMP_DONE;
}

enum qmp_result qmp_device_machine(struct qmp *qmp, char machine_out[QMP_ID_SIZE],
				   char architecture_out[QMP_ID_SIZE], int *pci_out)
{
	json_object *arguments = qmp_argument("path", "/machine"), *answer;
	enum qmp_result result = qmp_execute(qmp, "query-target", NULL, -1, &answer);
	char *end;

	*pci_out = 0;
	(void)snprintf(architecture_out, QMP_ID_SIZE, "%s",
		       result == QMP_DONE ? qmp_get_string(answer, "arch") : "");
	(void)json_object_put(answer);
	qmp_add_argument(arguments, "property", "type");
	answer = NULL;
	if (result == QMP_DONE || result == QMP_REFUSED)
		result = qmp_execute(qmp, "qom-get", arguments, -1, &answer);
	else
		(void)json_object_put(arguments);
	(void)snprintf(machine_out, QMP_ID_SIZE, "%s",
		       json_object_is_type(answer, json_type_string)
			       ? json_object_get_string(answer) : "");
	(void)json_object_put(answer);
	end = strstr(machine_out, "-machine");
	if (end != NULL)
		*end = '\0';
	answer = NULL;
	if (result == QMP_DONE || result == QMP_REFUSED)
		result = query_pci(qmp, &answer);
	if (result == QMP_DONE)
		*pci_out = json_object_array_length(answer) > 0;
	(void)json_object_put(answer);
	return result == QMP_REFUSED ? QMP_DONE : result;
}

/* ---- plugging in ---- */

static enum qmp_result add_to_port(struct qmp *qmp, json_object *arguments)
{
	char bus[QMP_ID_SIZE];
	enum qmp_result result = choose_bus(qmp, bus);

	if (result != QMP_DONE)
		return result;
	if (bus[0] == '\0')
		return qmp_fail(qmp, QMP_REFUSED,
				_("no bus takes a new device: none of its PCIe ports is free: "
				  "start QEMU with -device pcie-root-port,id=rp1"));
	json_object_object_del(arguments, "addr");
	qmp_add_argument(arguments, "bus", bus);
	return qmp_execute(qmp, "device_add", json_object_get(arguments), -1, NULL);
}

enum qmp_result qmp_device_add(struct qmp *qmp, json_object *arguments, enum qmp_place place)
{
	int has_bus = json_object_object_get_ex(arguments, "bus", NULL);
	enum qmp_result result = QMP_DONE;

	if (!has_bus && place == QMP_PLACE_PCI)
		result = choose_slot(qmp, arguments);
	if (result == QMP_DONE)
		result = qmp_execute(qmp, "device_add", json_object_get(arguments), -1, NULL);
	return result == QMP_REFUSED && has_no_place(qmp) && !has_bus
		       ? add_to_port(qmp, arguments) : result;
}

enum qmp_result qmp_device_find_xhci(struct qmp *qmp, char bus_out[QMP_ID_SIZE])
{
	json_object *list;
	enum qmp_result result = list_objects(qmp, DEVICES, &list);

	bus_out[0] = '\0';
	for (size_t i = 0; result == QMP_DONE && i < json_object_array_length(list); i++) {
		json_object *entry = json_object_array_get_idx(list, i);
		const char *type = qmp_get_string(entry, "type");

		if (strcmp(type, "child<qemu-xhci>") == 0 ||
		    strcmp(type, "child<nec-usb-xhci>") == 0)
			(void)snprintf(bus_out, QMP_ID_SIZE, "%s.0",
				       qmp_get_string(entry, "name"));
	}
	(void)json_object_put(list);
	return result;
}

/* ---- taking a device away ---- */

enum qmp_result qmp_device_remove(struct qmp *qmp, const char *id, int timeout_ms)
{
	enum qmp_result result;

	qmp_watch(qmp, id);
	result = qmp_execute(qmp, "device_del", qmp_argument("id", id), -1, NULL);
	/* The guest has been asked before and has not answered yet. */
	if (result == QMP_REFUSED && strstr(qmp->error, "in the process of unplug") != NULL)
		result = QMP_DONE;
	if (result == QMP_DONE)
		result = qmp_wait_fate(qmp, timeout_ms);
	if (result == QMP_DONE && qmp->fate == QMP_FATE_KEPT)
		result = qmp_fail(qmp, QMP_REFUSED, _("the guest does not let it go"));
	return result;
}
