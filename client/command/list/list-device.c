/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Rows of vmgrant list that are about devices with a place and ids. */
#include "client/command/list/list-device.h"

#include <stdio.h>
#include <stdlib.h>

#include "client/command/common/json.h"
#include "client/command/machine/tree.h"
#include "client/text/language.h"
#include "client/text/message.h"

/* A number of sysfs in hexadecimal, with or without 0x; -1: none. */
long list_hex_number(const char *root, const char *device, const char *attribute)
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

void list_print_device(struct list_section *section, const struct list_device *entry)
{
	const char *memlock = entry->memlock_bytes > 0 ? " (memlock=" : "";
	char *ids = text_format("%04x:%04x", entry->vendor, entry->product);
	char *limit = entry->memlock_bytes == 0
			      ? text_format("%s", "")
			      : text_format("%llu MiB)",
					    (unsigned long long)entry->memlock_bytes >> 20);
	const int is_no = entry->code != VMGRANT_GRANTED;
	const char *verdict =
		list_verdict_word(entry->code, (entry->flags & VMGRANT_NODE_POLKIT) != 0);

	if (section->row_count++ == 0)
		(void)printf("%s%-15s  %-*s  %-9s  %s\n", section->list->row_count > 0 ? "\n" : "",
			     section->place_title, language_field(_("ALLOWED"), 7), _("ALLOWED"),
			     "ID", _("NAME, OR WHY NOT"));
	section->list->row_count++;
	(void)printf("%-15s  %-*s  %-9s  %s%s%s%s%s\n", entry->place, language_field(verdict, 7),
		     verdict, ids, entry->name, is_no && *entry->name != '\0' ? ": " : "",
		     is_no ? list_shorten(entry->reason, entry->object) : "", memlock, limit);
	free(limit);
	free(ids);
}

/* ---- for programs ---- */

json_object *list_device_json(const struct list_device *entry, const char *place_key)
{
	json_object *object = json_object_new_object();
	char *ids = text_format("%04x:%04x", entry->vendor, entry->product);

	json_add_text(object, place_key, entry->place);
	json_add_text(object, "id", ids);
	json_add_text(object, "name", entry->name);
	list_add_verdict(object, entry->code, entry->reason);
	if (entry->code == VMGRANT_GRANTED)
		json_add_flag(object, "polkit", (entry->flags & VMGRANT_NODE_POLKIT) != 0);
	free(ids);
	return object;
}

void list_begin(struct list_section *section, struct list *list, const char *title, const char *key)
{
	*section = (struct list_section){ .list = list, .place_title = title };
	device_names_open(&section->names);
	if (list->sections == NULL)
		return;
	section->array = json_object_new_array();
	json_add(list->sections, key, section->array);
}
