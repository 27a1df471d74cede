/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What the kernel says about devices, read below folders that are open.
 *
 * Needs no privilege. Names are words of ours or of the kernel's lists, perhaps
 * several joined by "/", and never a caller's; one that leads upwards is refused
 * with -EINVAL, and a link as the last part is not followed. Attributes may carry
 * whatever a device said about itself: contents are untrusted, bounded, and refused
 * where they do not fit instead of being cut. Folders are parameters, so that tests
 * bring their own.
 *
 * -ENOENT is an answer of the kernel's that was given twice, never a mere failure: what
 * is missing may be what a rule forbids.
 */
#ifndef VMGRANT_JUDGE_SYSFS_SYSFS_H
#define VMGRANT_JUDGE_SYSFS_SYSFS_H

#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Open a folder below a folder, as a place that names below it start from. name
 * may be a link, as the entries of /sys/bus are, or "." for the folder itself.
 * Returns an fd that the caller owns, or -errno.
 */
int sysfs_open(int folder, const char *name);

/* 1 if there is something of that name, 0 if not, or -errno. */
int sysfs_exists(int folder, const char *name);

/*
 * Read an attribute: text without its last newline, ended by NUL.
 * Returns its length, or -errno: -EMSGSIZE if it does not fit, -EINVAL if a NUL is in it.
 */
int sysfs_read(int folder, const char *name, char *text, size_t size);

/* Read a binary attribute. Returns its length, or -errno: -EMSGSIZE if it does not fit. */
int sysfs_read_bytes(int folder, const char *name, uint8_t *bytes, size_t size);

/*
 * Read an attribute that is one number of base 10 or 16, the latter with or
 * without "0x". Returns 0, or -errno: -EINVAL if it is anything else or over max.
 */
int sysfs_read_number(int folder, const char *name, unsigned base, uint32_t max,
		      uint32_t *number_out);

/* Read the number of a node, as "189:3". Returns 0, or -errno: -EINVAL if it is none. */
int sysfs_read_device(int folder, const char *name, dev_t *number_out);

/* The last part of what a link points at, as "vfio-pci" of driver. 0 or -errno. */
int sysfs_read_link(int folder, const char *name, char *text, size_t size);

/*
 * Whether what a link points at lies in, or is, a folder of that name, at any
 * height: 1 or 0, or -errno. The target is compared as a text.
 */
int sysfs_link_passes(int folder, const char *name, const char *part);

/* The names below a folder. list is NULL with errno set, or for closedir(). */
DIR *sysfs_list(int folder, const char *name);

/*
 * The next name, without those that begin with a dot. NULL at the end, with errno 0,
 * or with that of an error.
 */
const char *sysfs_next(DIR *list);

/* The first of them. Returns 1, 0 if there is none or no such folder, or -errno. */
int sysfs_first(int folder, const char *name, char *first_out, size_t size);

#endif
