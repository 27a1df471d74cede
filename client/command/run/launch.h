/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line of the program that gets the cards. Pure.
 */
#ifndef VMGRANT_CLIENT_COMMAND_RUN_LAUNCH_H
#define VMGRANT_CLIENT_COMMAND_RUN_LAUNCH_H

#include <stddef.h>

#include "client/command/common/net-option.h"
#include "client/command/common/text.h"
#include "client/library/vmgrant.h"

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

enum launch_style launch_style(char *const arguments[]);

/* Is it a QEMU, by its name? */
int launch_is_qemu(const char *program);

/* Does an argument have the placeholder {netINDEX.NAME}? */
int launch_names(char *const arguments[], size_t index, const char *name);

/*
 * Check every placeholder against the cards, before anybody is asked for anything.
 * Returns 0, or -1 with a sentence in why.
 */
int launch_check(char *const arguments[], const struct card *cards, size_t card_count, char *why,
		 size_t why_size);

/* Make the command line. arguments have passed launch_check(). */
void launch_build(char *const arguments[], enum launch_style style, const struct card *cards,
		  size_t card_count, struct words *words_out);

#endif
