/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Disks for the program that vmgrant run starts. */
#ifndef VMGRANT_CLIENT_COMMAND_RUN_RUN_DISK_H
#define VMGRANT_CLIENT_COMMAND_RUN_RUN_DISK_H

#include "client/command/common/ask-disk.h"
#include "client/command/run/launch.h"

#define RUN_DISKS_MAX 32

struct run_disks {
	size_t count;
	struct run_disk {
		struct disk_option option;
		struct vmgrant_disk disk;
	} items[RUN_DISKS_MAX];
};

/* All that return int return 0, or the exit status and have said why. */

/* text is what stands behind --disk. */
int run_disks_add(struct run_disks *disks, const char *text);

/* Whether the machine takes disks. */
int run_disks_check(const struct run_disks *disks, const struct qemu_machine *machine);

/* As run_devices_ask(). */
int run_disks_ask(struct run_disks *disks, struct vmgrant_connection *connection, unsigned flags,
		  int *example_fd);

/* QEMU's options for them. Pure. arguments are those of the person. */
void run_disks_launch(const struct run_disks *disks, char *const arguments[],
		      struct launch_qemu *qemu, struct words *words);

/* Before exec. */
int run_disks_hand_over(const struct run_disks *disks);

#endif
