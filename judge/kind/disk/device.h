/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * One block device as it is in sysfs. Needs no privilege.
 *
 * Its folder is held open from the first look, and its diskseq and size are kept: a disk
 * that was pulled out or a loop device that was bound to another file since is another one,
 * also if it has the same name and number.
 */
#ifndef VMGRANT_JUDGE_KIND_DISK_DEVICE_H
#define VMGRANT_JUDGE_KIND_DISK_DEVICE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "judge/kind/disk/name.h"
#include "judge/kind/disk/others.h"
#include "judge/kind/disk/place.h"

#define DISK_TEXT_SIZE 160u
#define DISK_SERIAL_SIZE 128u

/* Zeroed: none. */
struct disk_device {
	int is_known;
	int folder;
	dev_t number;
	char name[DISK_DEVICE_NAME_SIZE]; /* in /sys/class/block: "sda1" */
	char disk[DISK_DEVICE_NAME_SIZE]; /* that it is a partition of; "": it is whole */
	uint64_t diskseq;                 /* 0: this kernel has none */
	uint64_t start, sectors;          /* of 512 bytes */
	int is_write_protected, is_removable, is_usb;
	char serial[DISK_SERIAL_SIZE];    /* any bytes; "": has none */
	struct disk_others others;        /* paths to the same disk */
};

void disk_places_open(struct disk_places *places);
void disk_places_close(struct disk_places *places);

/* Read what has a number. Returns 0, or -errno with *device empty. Release when done. */
int disk_device_load(const struct disk_places *places, dev_t number, struct disk_device *device);

/* The same device still, of the same size, by the same paths? 0, or -errno: -ENODEV if not. */
int disk_device_check(const struct disk_places *places, const struct disk_device *device);

/* Does a name of that class mean this device, by what the kernel says of it? */
int disk_device_fits(const struct disk_places *places, const struct disk_device *device,
		     enum disk_name_class class, const char *name);

/* What a rule never gives: an optical drive, a floppy, memory. NULL, or what it is. */
const char *disk_device_problem(const struct disk_device *device);

/*
 * The numbers of all devices that share bytes with it: itself, the disk it is on, its
 * partitions, other paths to it, and what it is made of. Returns how many, or -errno;
 * -E2BIG over size.
 */
int disk_device_shared(const struct disk_places *places, const struct disk_device *device,
		       dev_t *numbers, size_t size);

/* "sda1 8:1 diskseq 9 1048576 bytes serial X", in printable ASCII. */
void disk_device_describe(const struct disk_device *device, char text[DISK_TEXT_SIZE]);

void disk_device_release(struct disk_device *device);

#endif
