/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Which rules name a disk. Needs no privilege. */
#include "judge/kind/disk/named.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_number(const struct disk_named *named, dev_t number)
{
	for (size_t i = 0; i < named->number_count; i++) {
		if (named->numbers[i] == number)
			return 1;
	}
	return 0;
}

static int is_absence(int error)
{
	return error == ENOENT || error == ENOTDIR;
}

/* A deny counts by whatever stands there, and where that cannot be told. */
static int may_share(const struct disk_places *places, const struct disk_named *named, const char *name)
{
	struct stat status;

	/* Asked twice, in two ways: a mere failure would lose the deny. */
	if (fstatat(places->dev, name + strlen("/dev/"), &status, 0) < 0)
		return !is_absence(errno) ||
		       faccessat(places->dev, name + strlen("/dev/"), F_OK, 0) == 0 ||
		       !is_absence(errno);
	return S_ISBLK(status.st_mode) && is_number(named, status.st_rdev);
}

/* An allow counts if each step of the way is root's, and the kernel agrees with the name. */
static int leads_to(const struct disk_places *places, const struct disk_device *device,
		    const char *name)
{
	const char *problem;
	struct stat status;
	dev_t number;

	/* The quick look first: most rules are about other disks. */
	if (fstatat(places->dev, name + strlen("/dev/"), &status, 0) < 0 ||
	    status.st_rdev != device->number)
		return 0;
	return disk_name_find(places->dev, name, &number) == 0 &&
	       number == device->number &&
	       disk_device_fits(places, device, disk_name_classify(name, &problem), name);
}

static void take_name(const struct disk_places *places, const struct disk_device *device,
		      struct disk_named *named, const struct acl_rule *rule)
{
	const char *name = rule->disk.name;

	if (rule->kind != ACL_KIND_DISK || name == NULL)
		return;
	if (rule->effect == ACL_EFFECT_DENY) {
		if (may_share(places, named, name))
			named->shared[named->shared_count++] = name;
	} else if (leads_to(places, device, name)) {
		named->own[named->own_count++] = name;
	}
}

int disk_named_find(const struct disk_places *places, const struct disk_device *device,
		    const struct acl *acl, struct disk_named *named)
{
	int count;

	*named = (struct disk_named){ .own = NULL };
	count = disk_device_shared(places, device, named->numbers, DISK_SHARED_MAX);
	if (count < 0)
		return count;
	named->number_count = (size_t)count;
	named->own = calloc(acl->count + 1, sizeof *named->own);
	named->shared = calloc(acl->count + 1, sizeof *named->shared);
	if (named->own == NULL || named->shared == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < acl->count; i++)
		take_name(places, device, named, &acl->rules[i]);
	return 0;
}

void disk_named_release(struct disk_named *named)
{
	free(named->own);
	free(named->shared);
	named->own = named->shared = NULL;
	named->own_count = named->shared_count = 0;
}
