/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What the name of a disk means that vmgrant explain is about. */
#include <stdlib.h>

#include "client/command/kind/disk/disk.h"
#include "client/text/text.h"
#include "judge/kind/disk/named.h"

/* A disk that is there has the names by which the rules mean it, else the one that was given. */
void *explain_disk_look(struct acl_object *object, const struct acl *acl)
{
	struct disk_named *named = text_need(calloc(1, sizeof *named));
	struct disk_device device = { .folder = -1 };
	struct disk_places places;
	dev_t number;

	if (object->disk.own.count == 0)
		return named;
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
	return named;
}

void explain_disk_forget(void *memory)
{
	if (memory != NULL)
		disk_named_release(memory);
	free(memory);
}
