/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Other paths to the same disk: a disk that two controllers reach is two block devices to
 * the kernel, and claiming one claims nothing of the other. Needs no privilege.
 */
#ifndef VMGRANT_JUDGE_KIND_DISK_OTHERS_H
#define VMGRANT_JUDGE_KIND_DISK_OTHERS_H

#include "judge/kind/disk/place.h"

#define DISK_OTHERS_MAX 16u

struct disk_others {
	unsigned count;
	char names[DISK_OTHERS_MAX][DISK_DEVICE_NAME_SIZE]; /* in /sys/class/block: "sdb" */
};

/*
 * Those that say the same name for the world ("wwid" in sysfs) as the whole disk of this
 * name. Names beyond the count are zero. Returns 0, or -errno if that cannot be told: -E2BIG
 * if there are more.
 */
int disk_others_find(const struct disk_places *places, const char *disk,
		     struct disk_others *others_out);

#endif
