/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What devices are called, by udev's hardware database. For the command only.
 */
#ifndef VMGRANT_CLIENT_COMMAND_MACHINE_DEVICE_NAME_H
#define VMGRANT_CLIENT_COMMAND_MACHINE_DEVICE_NAME_H

struct udev;
struct udev_hwdb;

/* Zeroed: no database, which some machines do not have. */
struct device_names {
	struct udev *udev;
	struct udev_hwdb *database;
};

void device_names_open(struct device_names *names);
void device_names_close(struct device_names *names);

/*
 * Maker and model in printable ASCII, to be freed by the caller; "" if nobody knows.
 *
 * modalias      as sysfs has it, its beginning is enough: "usb:v0951p1666"
 * maker, model  what the device says of itself, where the database knows nothing, or NULL
 */
char *device_name(const struct device_names *names, const char *modalias, const char *maker,
		  const char *model);

#endif
