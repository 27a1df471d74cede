/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The command line of the program that gets network cards. Pure.
 */
#ifndef VMGRANT_CLIENT_COMMAND_KIND_BRIDGE_LAUNCH_CARD_H
#define VMGRANT_CLIENT_COMMAND_KIND_BRIDGE_LAUNCH_CARD_H

#include <stddef.h>

#include "client/command/kind/bridge/net-option.h"
#include "client/command/qemu/launch.h"
#include "client/library/vmgrant.h"
#include "client/text/text.h"

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

enum launch_style launch_style(char *const arguments[], const struct launch_qemu *qemu);

/* Does an argument have the placeholder {netINDEX.NAME}? */
int launch_names(char *const arguments[], size_t index, const char *name);

/*
 * Check every placeholder against the cards, before anybody is asked for anything.
 * Returns 0, or -1 with a sentence in why.
 */
int launch_check(char *const arguments[], const struct card *cards, size_t card_count, char *why,
		 size_t why_size);

/*
 * Make the command line of the person's words, which have passed launch_check(). qemu takes
 * the slots of the cards, where style is LAUNCH_QEMU.
 */
void launch_build(enum launch_style style, struct launch_qemu *qemu, const struct card *cards,
		  size_t card_count, struct words *words);

#endif
