/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Other paths to the same disk. Needs no privilege. */
#include "judge/kind/disk/others.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "judge/sysfs/sysfs.h"

#define PATH_SIZE 64u
#define WWID_SIZE 512u /* "t10." and whatever a disk likes to add */

/* ENXIO and EINVAL are what the kernel says of a SCSI disk without a name for the world. */
static int is_none(int result)
{
	return result == -ENOENT || result == -ENXIO || result == -EINVAL || result == -ENODEV;
}

/* Returns the length, 0 if it has none, or -errno. Loop devices and volumes have none. */
static int read_wwid(const struct disk_places *places, const char *disk, char text[WWID_SIZE])
{
	static const char *const attributes[] = { "device/wwid", "wwid" };
	char path[PATH_SIZE];
	int result = 0;

	for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
		(void)snprintf(path, sizeof path, "%.32s/%s", disk, attributes[i]);
		result = sysfs_read(places->blocks, path, text, WWID_SIZE);
		if (!is_none(result))
			return result;
	}
	return 0;
}

static int add(struct disk_others *others, const char *name)
{
	if (others->count == DISK_OTHERS_MAX || strlen(name) >= sizeof others->names[0])
		return -E2BIG;
	memcpy(others->names[others->count++], name, strlen(name));
	return 0;
}

int disk_others_find(const struct disk_places *places, const char *disk,
		     struct disk_others *others_out)
{
	char wanted[WWID_SIZE], found[WWID_SIZE];
	const char *entry;
	int result = read_wwid(places, disk, wanted);
	DIR *list;

	*others_out = (struct disk_others){ .count = 0 };
	if (result <= 0)
		return result;
	list = sysfs_list(places->blocks, ".");
	if (list == NULL)
		return -errno;
	while (result >= 0 && (entry = sysfs_next(list)) != NULL) {
		if (strcmp(entry, disk) == 0)
			continue;
		result = read_wwid(places, entry, found);
		if (result > 0 && strcmp(found, wanted) == 0)
			result = add(others_out, entry);
	}
	/* A list that ends early must not look like a machine with few disks. */
	if (result >= 0)
		result = -errno;
	closedir(list);
	return result;
}
