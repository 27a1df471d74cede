/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What the name of a disk means that vmgrant explain is about. */
#include "client/command/explain/explain-disk.h"

#include <stddef.h>

void explain_disk_find(struct acl_object *object, const struct acl *acl, struct disk_named *named)
{
	struct disk_device device = { .folder = -1 };
	struct disk_places places;
	dev_t number;

	*named = (struct disk_named){ .own = NULL };
	if (object->kind != ACL_KIND_DISK || object->disk.own.count == 0)
		return;
	disk_places_open(&places);
	if (disk_name_find(places.dev, object->disk.own.items[0], &number) == 0 &&
	    disk_device_load(&places, number, &device) == 0 &&
	    disk_named_find(&places, &device, acl, named) == 0) {
		object->disk.own = (struct acl_disk_names){ named->own, named->own_count };
		object->disk.shared = (struct acl_disk_names){ named->shared,
							       named->shared_count };
	}
	disk_device_release(&device);
	disk_places_close(&places);
}
