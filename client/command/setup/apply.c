/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant setup: making what was planned. Runs as root. */
#include "client/command/setup/apply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/setup/change/record.h"
#include "client/command/setup/change/roll-back.h"
#include "client/command/setup/network/address.h"
#include "client/text/message.h"

/* Longer than the slowest of the network's tools may take. */
#define GUARD_S 300u

/* Those of the network, or all others. What fails takes the others with it. */
static int make_some(struct setup_record *record, struct setup_changes *changes, int wants_network)
{
	const size_t from = record->changes.count;
	int code = VMGRANT_GRANTED;

	for (size_t i = 0; i < changes->count && code == VMGRANT_GRANTED; i++) {
		if (changes->items[i].part != NULL &&
		    change_is_network(&changes->items[i]) == wants_network)
			code = record_make(record, &changes->items[i]);
	}
	if (code != VMGRANT_GRANTED)
		(void)record_undo(record, from);
	return code;
}

/* ---- a card that is touched ---- */

static int touches_card(const struct setup *setup)
{
	return setup->is_bridge_new && setup->uplink != NULL;
}

/* from_out: where in the record its changes begin. */
static int make_network(const struct setup *setup, struct setup_changes *changes, size_t *from_out)
{
	const int is_guarded = touches_card(setup) && setup->timeout_s > 0;
	struct setup_record record;
	int code = record_open(&record, RECORD_GIVE_UP);

	if (code == VMGRANT_GRANTED && record.pending_from >= 0)
		code = command_fail(VMGRANT_INTERNAL,
				    _("setup: an earlier change of the network waits: "
				      "try vmgrant setup --confirm, or --undo"));
	*from_out = record.changes.count;
	if (code == VMGRANT_GRANTED && is_guarded) {
		record.pending_from = (long)record.changes.count;
		code = roll_back_arm(ROLL_BACK_GUARD, setup->timeout_s + GUARD_S);
	}
	if (code == VMGRANT_GRANTED) {
		code = make_some(&record, changes, 1);
		if (code != VMGRANT_GRANTED && record.pending_from >= 0)
			roll_back_retry();
		else if (code != VMGRANT_GRANTED && is_guarded)
			roll_back_disarm(ROLL_BACK_GUARD);
	}
	record_close(&record);
	return code;
}

static int give_up(const char *why)
{
	int code = setup_roll_back(RECORD_GIVE_UP);

	if (code != VMGRANT_GRANTED)
		return command_fail(code, _("setup: %s, and the network is not as it was before"),
				    why);
	return command_fail(COMMAND_LATE, _("setup: %s: the network is as it was before"), why);
}

static int ask_to_keep(const struct setup *setup)
{
	char *question = text_format(_("Is this machine still reached, and the change to stay? "
				       "It is undone in %u seconds."),
				     setup->timeout_s);
	int is_kept = setup_ask_yes(question, (int)setup->timeout_s * 1000);

	free(question);
	if (!is_kept)
		return give_up(_("nobody confirmed"));
	return setup_confirm();
}

/* The bridge has an address where the card had one, and somebody says that it is good. */
static int settle(const struct setup *setup, const struct addresses *before, int *pending_out)
{
	int code;

	if (!addresses_wait(setup->bridge, before))
		return setup->timeout_s > 0
			       ? give_up(_("the bridge gets no address"))
			       : command_fail(COMMAND_LATE,
					      _("setup: the bridge gets no address: vmgrant "
						"setup --undo goes back"));
	if (setup->timeout_s == 0)
		return VMGRANT_GRANTED;
	code = roll_back_arm(ROLL_BACK_TIMER, setup->timeout_s);
	if (code != VMGRANT_GRANTED) {
		(void)setup_roll_back(RECORD_GIVE_UP);
		return code;
	}
	roll_back_disarm(ROLL_BACK_GUARD);
	if (isatty(STDIN_FILENO) && !setup->is_json)
		return ask_to_keep(setup);
	*pending_out = 1;
	return VMGRANT_GRANTED;
}

/* ---- all of it ---- */

static int has_network(const struct setup_record *record, size_t from)
{
	for (size_t i = from; i < record->changes.count; i++) {
		if (change_is_network(&record->changes.items[i]))
			return 1;
	}
	return 0;
}

/* The timer may have been there before: nobody needs a rule for a bridge that is gone. */
static int make_rest(const struct setup *setup, struct setup_changes *changes, size_t from)
{
	struct setup_record record;
	int code = record_open(&record, RECORD_GIVE_UP);

	if (code == VMGRANT_GRANTED && touches_card(setup) && !has_network(&record, from))
		code = command_fail(COMMAND_LATE,
				    _("setup: nobody confirmed: the network is as it was before"));
	if (code == VMGRANT_GRANTED)
		code = make_some(&record, changes, 0);
	record_close(&record);
	return code;
}

int setup_apply(const struct setup *setup, struct setup_changes *changes, int *pending_out)
{
	struct addresses before = { 0 };
	size_t from;
	int code;

	*pending_out = 0;
	if (touches_card(setup))
		addresses_find(setup->uplink, &before);
	code = make_network(setup, changes, &from);
	if (code == VMGRANT_GRANTED && touches_card(setup))
		code = settle(setup, &before, pending_out);
	return code == VMGRANT_GRANTED ? make_rest(setup, changes, from) : code;
}
