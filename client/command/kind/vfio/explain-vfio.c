/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What the address of a PCI device means that vmgrant explain is about. */
#include <string.h>

#include "client/command/kind/vfio/vfio.h"
#include "client/command/machine/tree.h"
#include "client/command/options/pci-address.h"

/* An object has its whole address, as the devices in sysfs do. */
char *explain_vfio_complete(const char *object)
{
	char address[PCI_ADDRESS_SIZE];

	return pci_address_complete(object, strlen(object), address) < 0
		       ? NULL : text_format("%s", address);
}

/* 0 where there is no such device: a rule may be about one that is not plugged in. */
static uint16_t read_id(const char *address, const char *name)
{
	long id = tree_number("", "/sys/bus/pci/devices/%s/%s", address, name);

	return id < 0 || id > UINT16_MAX ? 0 : (uint16_t)id;
}

void *explain_vfio_look(struct acl_object *object, const struct acl *acl)
{
	(void)acl;
	if (object->vfio.address != NULL) {
		object->vfio.vendor = read_id(object->vfio.address, "vendor");
		object->vfio.device = read_id(object->vfio.address, "device");
	}
	return NULL;
}
