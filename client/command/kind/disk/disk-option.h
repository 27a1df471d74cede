/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The words of --disk, and what QEMU is told about the disk. Pure.
 *
 *     NAME             any name below /dev that leads to it: /dev/disk/by-id/ata-X
 *     ro               for reading alone
 *     if=virtio|scsi   how the guest sees it [virtio]
 *     cache=MODE       as QEMU's -drive calls it [none]
 *     bus=NAME         where QEMU puts it [its choice]
 */
#ifndef VMGRANT_CLIENT_COMMAND_KIND_DISK_DISK_OPTION_H
#define VMGRANT_CLIENT_COMMAND_KIND_DISK_DISK_OPTION_H

#include "client/command/options/option-words.h"
#include "client/command/qemu/qemu-machine.h"
#include "client/command/qemu/qemu-option.h"

#define DISK_OPTION_NAME_SIZE 256
#define DISK_OPTION_NODE_MAX 31 /* what QEMU calls a block device, without its NUL */

enum disk_interface { DISK_VIRTIO = 0, DISK_SCSI };

/* A mode of -drive's cache, by its three switches. */
struct disk_cache {
	const char *name;
	int is_direct;  /* cache.direct: O_DIRECT */
	int is_through; /* the guest's card has no write cache */
	int no_flush;   /* cache.no-flush */
};

struct disk_option {
	char name[DISK_OPTION_NAME_SIZE];
	char bus[OPTION_NAME_SIZE]; /* "": QEMU's choice */
	int read_only;
	enum disk_interface interface;
	const struct disk_cache *cache; /* never NULL once parsed */
};

/* Returns 0, or -1 with a phrase in why: "WHAT: WHY". */
int disk_option_parse(const char *text, struct disk_option *option, char *why, size_t why_size);

/* The object for -blockdev or blockdev-add; path: "/dev/fdset/1". */
json_object *disk_option_blockdev(const struct disk_option *option, const char *node,
				  const char *path);

/*
 * The object for -device or device_add, for a machine with that bus; NULL: it takes no such
 * disk. slot: of QEMU's choice of a PCI bus, 0: any.
 */
json_object *disk_option_device(const struct disk_option *option, enum qemu_bus bus,
				const char *id, const char *node, unsigned slot);

/* The controller that SCSI disks need on that bus; NULL: there is none. */
const char *disk_option_controller(enum qemu_bus bus);

#endif
