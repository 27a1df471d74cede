/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Which rules name a disk: their names are looked up as they are at this moment. Needs no
 * privilege. vmgrant explain does the same with its own rights.
 */
#ifndef VMGRANT_JUDGE_KIND_DISK_NAMED_H
#define VMGRANT_JUDGE_KIND_DISK_NAMED_H

#include "judge/kind/disk/device.h"
#include "judge/policy/acl.h"

#define DISK_SHARED_MAX 512u /* numbers of a disk, its partitions and what it is made of */

/* Names of rules, which point into the policy. */
struct disk_named {
	const char **own;    /* that lead to it */
	const char **shared; /* of denies: that lead to anything that shares bytes with it */
	size_t own_count, shared_count;
	dev_t numbers[DISK_SHARED_MAX];
	size_t number_count;
};

/* Returns 0 or -errno. To be released in both cases. */
int disk_named_find(const struct disk_places *places, const struct disk_device *device,
		    const struct acl *acl, struct disk_named *named);

void disk_named_release(struct disk_named *named);

#endif
