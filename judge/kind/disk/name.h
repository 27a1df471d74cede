/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Names of disks: which ones a rule may use, and what they lead to. Needs no privilege.
 *
 * Whoever writes a disk chooses its label, its file system's uuid and its volume's, so no
 * rule names a disk by these. What a name leads to is found by walking the links below
 * /dev one by one: folders and links must be root's and nobody else's to change.
 */
#ifndef VMGRANT_JUDGE_KIND_DISK_NAME_H
#define VMGRANT_JUDGE_KIND_DISK_NAME_H

#include <sys/types.h>

#define DISK_NAME_MAX 255u

enum disk_name_class {
	DISK_NAME_NONE = 0, /* no rule may use it */
	DISK_NAME_ID,       /* /dev/disk/by-id/NAME */
	DISK_NAME_PATH,     /* /dev/disk/by-path/NAME */
	DISK_NAME_PARTUUID, /* /dev/disk/by-partuuid/UUID, of a GPT */
	DISK_NAME_MAPPER,   /* /dev/mapper/NAME */
	DISK_NAME_VOLUME,   /* /dev/VG/LV */
};

/* Of a name in a rule. problem_out: why there is no class, NULL where there is one. Pure. */
enum disk_name_class disk_name_classify(const char *name, const char **problem_out);

/* 1 if a request may have the name: below /dev, printable, and leading nowhere else. Pure. */
int disk_name_is_valid(const char *name);

/*
 * Which block device a name leads to. dev: /dev, open; name: valid.
 *
 * Returns 0, or -errno: -ENOENT if nothing is there, -ENOTBLK if it is no block device,
 * -EPERM if somebody else than root may change the way, -ELOOP if it does not end.
 */
int disk_name_find(int dev, const char *name, dev_t *number_out);

#endif
