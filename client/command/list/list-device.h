/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Rows of vmgrant list that are about devices with a place and ids.
 */
#ifndef VMGRANT_CLIENT_COMMAND_LIST_LIST_DEVICE_H
#define VMGRANT_CLIENT_COMMAND_LIST_LIST_DEVICE_H

#include "client/command/list/list.h"
#include "client/command/machine/device-name.h"

/* One device and what was said about it. */
struct list_device {
	const char *place; /* port or address */
	unsigned vendor, product;
	char *name;
	enum vmgrant_code code;
	unsigned flags; /* enum vmgrant_node_flag */
	const char *reason;
	char *object;   /* as the reason begins */
	uint64_t memlock_bytes;
};

struct list_section {
	struct list *list;
	const char *place_title;
	json_object *array; /* NULL: for people */
	size_t row_count;
	struct device_names names;
};

/* A number of sysfs in hexadecimal, with or without 0x; -1: none. */
long list_hex_number(const char *root, const char *device, const char *attribute);

/* Begin the section of that key. Its names are to be closed by device_names_close(). */
void list_begin(struct list_section *section, struct list *list, const char *title,
		const char *key);

/* A row for people; an object for programs, to be extended and added to section->array. */
void list_print_device(struct list_section *section, const struct list_device *entry);
json_object *list_device_json(const struct list_device *entry, const char *place_key);

#endif
