/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A made-up machine for the tests of VFIO: /sys as the kernel builds it, with links
 * where it has links.
 */
#ifndef VMGRANT_TESTS_UNIT_MACHINE_H
#define VMGRANT_TESTS_UNIT_MACHINE_H

#include "tests/unit/tree.h"

struct machine_device {
	const char *address;
	const char *group;  /* NULL: none */
	const char *vendor, *device, *class; /* as in sysfs: "0x10de" */
	const char *driver; /* NULL: none */
};

/* The GPU of the tests and the sound card that is its second function. */
#define MACHINE_GPU   "0000:03:00.0"
#define MACHINE_SOUND "0000:03:00.1"

/* Add a device to the PCI bus and to its group. */
void machine_add(const struct tree *sys, const struct machine_device *device);

/* Bind a device that has a driver to another one, or with NULL to none. */
void machine_bind(const struct tree *sys, const char *address, const char *driver);

/* A device of another bus in a group. */
void machine_add_foreign(const struct tree *sys, const char *name, const char *group);

/* The nodes that the kernel offers: of a group, of a device, and /dev/iommu. */
void machine_offer_group(const struct tree *sys, const char *group);
void machine_offer_device(const struct tree *sys, const char *address, const char *node);

/* A GPU with two functions, both bound to vfio-pci, behind a bridge, in group 12. */
void machine_with_gpu(const struct tree *sys);

#endif
