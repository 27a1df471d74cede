/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What devices are called, by udev's hardware database. */
#include "client/command/machine/device-name.h"

#include <libudev.h>
#include <stdlib.h>

#include "client/text/text.h"

void device_names_open(struct device_names *names)
{
	*names = (struct device_names){ .udev = udev_new() };
	if (names->udev != NULL)
		names->database = udev_hwdb_new(names->udev);
}

void device_names_close(struct device_names *names)
{
	(void)udev_hwdb_unref(names->database);
	(void)udev_unref(names->udev);
	*names = (struct device_names){ 0 };
}

/* Each question makes the answers of the one before invalid. */
static const char *look_up(const struct device_names *names, const char *modalias,
			   const char *property, const char *otherwise)
{
	struct udev_list_entry *entry;

	if (names->database != NULL) {
		entry = udev_hwdb_get_properties_list_entry(names->database, modalias, 0);
		entry = udev_list_entry_get_by_name(entry, property);
		if (entry != NULL)
			return udev_list_entry_get_value(entry);
	}
	return otherwise == NULL ? "" : otherwise;
}

char *device_name(const struct device_names *names, const char *modalias, const char *maker,
		  const char *model)
{
	char *by = text_format("%s", look_up(names, modalias, "ID_VENDOR_FROM_DATABASE", maker));
	const char *what = look_up(names, modalias, "ID_MODEL_FROM_DATABASE", model);
	char *name = text_format("%s%s%s", by, *by != '\0' && *what != '\0' ? " " : "", what);

	free(by);
	text_clean(name);
	return name;
}
