/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What uses a disk, as far as this process can see it: for the sentence. Whether it is in
 * use at all the kernel says when the disk is opened with O_EXCL: file systems mounted in
 * any namespace, swap, device-mapper, md, bcache and other guests claim what they stand on.
 */
#ifndef VMGRANT_JUDGE_KIND_DISK_USE_H
#define VMGRANT_JUDGE_KIND_DISK_USE_H

#include "judge/kind/disk/device.h"
#include "judge/orders.h"

#define DISK_USE_SIZE 192u

/*
 * Returns 1 with "sda1 is mounted on /srv" in text, in printable ASCII; 0 if nothing is
 * seen, or -errno if it cannot be told. Reads, and opens no device.
 */
int disk_use_find(const struct disk_places *places, const struct disk_device *device,
		  char text[DISK_USE_SIZE]);

/* The same for other paths to the disk, by the helper, who claims each for a moment. */
int disk_use_find_claim(const struct disk_device *device, struct orders *orders,
			char text[DISK_USE_SIZE]);

/* The same for loop devices that stand on it, by the helper: they claim nothing. */
int disk_use_find_loop(const struct disk_places *places, const struct disk_device *device,
		       struct orders *orders, char text[DISK_USE_SIZE]);

#endif
