/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Disks: what a rule selects, what an object is, what a request names.
 */
#ifndef VMGRANT_JUDGE_KIND_DISK_TYPES_H
#define VMGRANT_JUDGE_KIND_DISK_TYPES_H

#include <stddef.h>
#include <stdint.h>

struct acl_disk_selector {
	const char *name;  /* "/dev/disk/by-id/ata-X"; NULL: every disk, of a deny only */
	uint8_t read_only; /* ro */
};

/* Names of rules. */
struct acl_disk_names {
	const char *const *items;
	size_t count;
};

struct acl_disk_object {
	struct acl_disk_names own;    /* that lead to it */
	struct acl_disk_names shared; /* that lead to anything that shares bytes with it */
	uint8_t is_written;           /* 0: it is wanted read-only */
};

#define REQUEST_DISK_NAME_SIZE 256u

/* What names a disk. */
struct request_disk {
	char name[REQUEST_DISK_NAME_SIZE]; /* valid by disk_name_is_valid() */
	uint8_t read_only;
};

#endif
