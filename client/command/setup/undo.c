/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant setup --undo, --confirm and --roll-back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/common/command.h"
#include "client/command/common/json.h"
#include "client/command/setup/change/record.h"
#include "client/command/setup/change/roll-back.h"
#include "client/command/setup/setup.h"
#include "client/text/message.h"

/* ---- --confirm and --roll-back ---- */

int setup_confirm(void)
{
	struct setup_record record;
	int code = record_open(&record, RECORD_GIVE_UP);

	if (code == VMGRANT_GRANTED && record.pending_from < 0)
		code = command_fail(VMGRANT_OBJECT,
				    _("setup: nothing waits to be confirmed: it was "
				      "confirmed, or is undone already"));
	if (code == VMGRANT_GRANTED) {
		record.pending_from = -1;
		code = record_save(&record);
	}
	if (code == VMGRANT_GRANTED)
		roll_back_disarm_all();
	record_close(&record);
	return code;
}

/* The timers end with it: one of them may be what runs this. */
int setup_roll_back(enum record_wait wait)
{
	struct setup_record record;
	int code = record_open(&record, wait);

	if (code == VMGRANT_GRANTED && record.pending_from >= 0) {
		code = record_undo(&record, (size_t)record.pending_from);
		if (code == VMGRANT_GRANTED)
			roll_back_disarm_all();
		else
			roll_back_retry();
	}
	record_close(&record);
	return code;
}

/* ---- --undo ---- */

/* What undoes a change, as it would be shown if that were one. */
static void reverse(const struct setup_change *change, struct setup_changes *changes)
{
	struct setup_change *back;

	if (change->path != NULL) {
		(void)changes_add_file(
			changes, change->part, text_format("%s", change->path),
			change->before != NULL ? text_format("%s", change->before) : NULL,
			change->text != NULL ? text_format("%s", change->text) : NULL);
		return;
	}
	for (size_t i = 0; i < change->undo_count; i++) {
		back = changes_add_empty(changes, change->part);
		for (size_t k = command_mark(&change->undo[i]) != NULL; k < change->undo[i].count;
		     k++)
			words_add(&back->command, text_format("%s", change->undo[i].items[k]));
	}
}

static void reverse_all(const struct setup_changes *changes, struct setup_changes *back)
{
	*back = (struct setup_changes){ 0 };
	for (size_t i = changes->count; i > 0; i--)
		reverse(&changes->items[i - 1], back);
}

static void print(const struct setup *setup, const struct setup_changes *back, int is_made)
{
	json_object *object, *array;

	if (!setup->is_json) {
		for (size_t i = 0; i < back->count && !is_made; i++)
			change_print(&back->items[i]);
		if (is_made)
			(void)puts(_("undone"));
		return;
	}
	object = json_object_new_object();
	array = json_object_new_array();
	for (size_t i = 0; i < back->count; i++)
		(void)json_object_array_add(array, change_to_json(&back->items[i]));
	json_add(object, "changes", array);
	json_add_flag(object, "changed", is_made);
	json_print(object);
	(void)json_object_put(object);
}

static int undo(const struct setup *setup, struct setup_record *record,
		const struct setup_changes *back)
{
	int code;

	if (!setup->is_json || setup->is_dry)
		print(setup, back, 0);
	if (setup->is_dry)
		return VMGRANT_GRANTED;
	if (!setup->is_yes && !setup_ask_yes(_("Undo it?"), -1))
		return command_fail(VMGRANT_USAGE, _("setup: nothing is changed"));
	code = record_undo(record, 0);
	/* Where it failed, a timer that waits for a change which nobody confirmed goes on. */
	if (record->pending_from < 0)
		roll_back_disarm_all();
	if (code == VMGRANT_GRANTED)
		print(setup, back, 1);
	return code;
}

int setup_undo(const struct setup *setup)
{
	struct setup_changes back = { 0 };
	struct setup_record record;
	int code = record_open(&record, RECORD_GIVE_UP);

	if (code == VMGRANT_GRANTED && record.changes.count == 0) {
		code = command_fail(VMGRANT_OBJECT, _("setup: there is nothing to undo"));
	} else if (code == VMGRANT_GRANTED) {
		reverse_all(&record.changes, &back);
		code = undo(setup, &record, &back);
	}
	changes_release(&back);
	record_close(&record);
	return code;
}
