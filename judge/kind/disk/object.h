/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What a request for a disk found. */
#ifndef VMGRANT_JUDGE_KIND_DISK_OBJECT_H
#define VMGRANT_JUDGE_KIND_DISK_OBJECT_H

#include "judge/kind/disk/device.h"

struct disk_object {
	struct disk_places places;
	int find_result; /* 0, or why there is no device */
	struct disk_device device;
};

#endif
