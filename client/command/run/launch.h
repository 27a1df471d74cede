/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The command line of the program that gets the cards. Pure.
 */
#ifndef VMGRANT_CLIENT_COMMAND_RUN_LAUNCH_H
#define VMGRANT_CLIENT_COMMAND_RUN_LAUNCH_H

#include <stddef.h>

#include "client/command/common/net-option.h"
#include "client/command/common/qemu-option.h"
#include "client/command/common/text.h"
#include "client/command/run/qemu-line.h"
#include "client/library/vmgrant.h"

/* What vmgrant names in QEMU begins so. */
#define LAUNCH_PREFIX "vmgrant-"

/* A card that was asked for, and what was granted for it. */
struct card {
	struct net_option option; /* id and mac are set */
	struct vmgrant_tap tap;   /* tap.tap is "" in a dry run: nobody knows the name yet */
};

enum launch_style {
	LAUNCH_UNKNOWN = 0,  /* neither of the two: nothing would use the cards */
	LAUNCH_QEMU,         /* options for the cards are added at the end */
	LAUNCH_PLACEHOLDERS, /* {net0.fds} and the like are replaced, nothing is added */
};

/* The QEMU that is started. */
struct launch_qemu {
	int is_qemu; /* 0: nothing of the rest counts */
	int version; /* QEMU_VERSION(), 0: not known */
	struct qemu_machine machine;
	struct qemu_line line; /* slots that are given away count as taken */
};

enum launch_style launch_style(char *const arguments[], const struct launch_qemu *qemu);

/*
 * "vmgrant-STEM0", or the first number that is in no argument; to be
 * freed by the caller. LAUNCH_ID_PLAIN: without a number, if that one is free.
 */
enum launch_id { LAUNCH_ID_NUMBERED = 0, LAUNCH_ID_PLAIN };
char *launch_free_id(char *const arguments[], const char *stem, enum launch_id form,
		     unsigned first);

/* Does an argument have the placeholder {netINDEX.NAME}? */
int launch_names(char *const arguments[], size_t index, const char *name);

/*
 * Check every placeholder against the cards, before anybody is asked for anything.
 * Returns 0, or -1 with a sentence in why.
 */
int launch_check(char *const arguments[], const struct card *cards, size_t card_count, char *why,
		 size_t why_size);

/*
 * Make the command line. arguments have passed launch_check(). qemu takes the slots of the
 * cards, where style is LAUNCH_QEMU.
 */
void launch_build(char *const arguments[], enum launch_style style, struct launch_qemu *qemu,
		  const struct card *cards, size_t card_count, struct words *words_out);

/* How this QEMU wants a -device. */
enum qemu_syntax launch_device_syntax(const struct launch_qemu *qemu);

#endif
