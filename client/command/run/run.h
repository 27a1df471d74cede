/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant run: what its parts share.
 */
#ifndef VMGRANT_CLIENT_COMMAND_RUN_RUN_H
#define VMGRANT_CLIENT_COMMAND_RUN_RUN_H

#include "client/command/common/card.h"
#include "client/command/run/launch.h"
#include "client/command/run/run-device.h"
#include "client/command/run/run-disk.h"

#define RUN_CARDS_MAX 32

struct run {
	const char *helper; /* NULL: the installed one */
	int is_dry;
	int says_qemu; /* --qemu */
	enum prompt prompt;
	char **arguments; /* of the program, with its name */
	enum launch_style style;
	struct launch_qemu qemu;
	size_t card_count;
	struct card cards[RUN_CARDS_MAX];
	struct run_devices devices;
	struct run_disks disks;
};

/* All return 0, or the exit status and have said why. */

/* run-card.c: text is what stands behind --net. */
int run_add_card(struct run *run, const char *text);

/* Ids, models and addresses, when the program is known. */
int run_prepare_cards(struct run *run);

/* Ask for card index. fd: where a dry run counts its examples on. */
int run_ask_card(struct run *run, struct vmgrant_connection *connection, size_t index, int *fd);

/* run-qemu.c: what the program is, by its name and its arguments. */
void run_learn_program(struct run *run);

/* Whether the machine has room for what is asked for, and what the program understands. */
int run_learn_qemu(struct run *run);

#endif
