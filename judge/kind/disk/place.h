/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Where disks are looked for. */
#ifndef VMGRANT_JUDGE_KIND_DISK_PLACE_H
#define VMGRANT_JUDGE_KIND_DISK_PLACE_H

#define DISK_DEVICE_NAME_SIZE 31u /* ORDER_BLOCK_NAME_SIZE */

/* -1 where there is none. */
struct disk_places {
	int blocks;  /* /sys/class/block */
	int numbers; /* /sys/dev/block */
	int dev;     /* /dev */
};

#endif
