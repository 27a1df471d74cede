/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A made-up machine for the tests of VFIO. */
#include "tests/unit/machine.h"

#include <stdarg.h>
#include <stdio.h>

#define PATH_SIZE 256

static void format(char path[PATH_SIZE], const char *text, ...)
	__attribute__((format(printf, 2, 3)));

static void format(char path[PATH_SIZE], const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	(void)vsnprintf(path, PATH_SIZE, text, arguments);
	va_end(arguments);
}

static void attribute(const struct tree *sys, const char *address, const char *name,
		      const char *value)
{
	char path[PATH_SIZE], text[PATH_SIZE];

	format(path, "devices/%s/%s", address, name);
	format(text, "%s\n", value);
	tree_write(sys, path, text);
}

static void link_to(const struct tree *sys, const char *address, const char *name,
		    const char *place)
{
	char path[PATH_SIZE], target[PATH_SIZE];

	format(path, "devices/%s/%s", address, name);
	format(target, "../../%s", place);
	tree_link(sys, path, target);
}

static void join_group(const struct tree *sys, const char *address, const char *group)
{
	char place[PATH_SIZE], target[PATH_SIZE];

	format(place, "kernel/iommu_groups/%s", group);
	link_to(sys, address, "iommu_group", place);
	format(place, "kernel/iommu_groups/%s/devices/%s", group, address);
	format(target, "../../../../devices/%s", address);
	tree_link(sys, place, target);
}

static void bind(const struct tree *sys, const char *address, const char *driver)
{
	char place[PATH_SIZE];

	format(place, "bus/pci/drivers/%s", driver);
	tree_folder(sys, place);
	link_to(sys, address, "driver", place);
}

void machine_add(const struct tree *sys, const struct machine_device *device)
{
	char path[PATH_SIZE], target[PATH_SIZE];

	attribute(sys, device->address, "vendor", device->vendor);
	attribute(sys, device->address, "device", device->device);
	attribute(sys, device->address, "class", device->class);
	tree_folder(sys, "bus/pci/drivers");
	link_to(sys, device->address, "subsystem", "bus/pci");
	format(path, "bus/pci/devices/%s", device->address);
	format(target, "../../../devices/%s", device->address);
	tree_link(sys, path, target);
	if (device->group != NULL)
		join_group(sys, device->address, device->group);
	if (device->driver != NULL)
		bind(sys, device->address, device->driver);
}

void machine_bind(const struct tree *sys, const char *address, const char *driver)
{
	char place[PATH_SIZE];

	format(place, "devices/%s/driver", address);
	tree_remove(sys, place);
	if (driver != NULL)
		bind(sys, address, driver);
}

void machine_add_foreign(const struct tree *sys, const char *name, const char *group)
{
	attribute(sys, name, "modalias", "of:Ngpu");
	tree_folder(sys, "bus/platform");
	link_to(sys, name, "subsystem", "bus/platform");
	join_group(sys, name, group);
}

void machine_offer_group(const struct tree *sys, const char *group)
{
	char path[PATH_SIZE];

	format(path, "class/vfio/%s/dev", group);
	tree_write(sys, path, "244:0\n");
	tree_write(sys, "class/misc/vfio/dev", "10:196\n");
}

void machine_offer_device(const struct tree *sys, const char *address, const char *node)
{
	char path[PATH_SIZE];

	format(path, "devices/%s/vfio-dev/%s/dev", address, node);
	tree_write(sys, path, "510:3\n");
	tree_write(sys, "class/misc/iommu/dev", "10:124\n");
}

void machine_with_gpu(const struct tree *sys)
{
	const struct machine_device devices[] = {
		{ "0000:00:03.0", "12", "0x8086", "0x1901", "0x060400", "pcieport" },
		{ MACHINE_SOUND, "12", "0x10de", "0x0fb9", "0x040300", "vfio-pci" },
		{ MACHINE_GPU, "12", "0x10de", "0x1c82", "0x030000", "vfio-pci" },
		{ "0000:04:00.0", "13", "0x8086", "0x10d3", "0x020000", "e1000e" },
	};

	for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++)
		machine_add(sys, &devices[i]);
	machine_offer_group(sys, "12");
}
