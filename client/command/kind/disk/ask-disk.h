/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Getting a disk: what the subcommands share. */
#ifndef VMGRANT_CLIENT_COMMAND_KIND_DISK_ASK_DISK_H
#define VMGRANT_CLIENT_COMMAND_KIND_DISK_ASK_DISK_H

#include "client/command/kind/disk/disk-option.h"
#include "client/library/vmgrant.h"

/*
 * Ask, and make the open file what QEMU compares with the cache mode: O_DIRECT or not.
 * flags: VMGRANT_DEVICE_INTERACTIVE, VMGRANT_DEVICE_QUERY. Returns 0, or the exit status
 * and has said why.
 */
int ask_disk(struct vmgrant_connection *connection, const struct disk_option *option,
	     unsigned flags, struct vmgrant_disk *disk);

#endif
