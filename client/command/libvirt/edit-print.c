/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What vmgrant libvirt says: to people and to programs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/common/command.h"
#include "client/command/common/json.h"
#include "client/command/libvirt/edit.h"
#include "client/command/wrapper/emulator.h"
#include "client/text/language.h"
#include "client/text/message.h"
#include "client/text/split.h"

/* As it is at the next start. */
static const char *emulator_of(const struct libvirt_edit *edit)
{
	return edit->emulator != NULL ? edit->emulator : edit->domain.text.emulator;
}

/* ---- for people ---- */

static void print_now(const struct libvirt_edit *edit)
{
	const char *name = edit->domain.text.name, *emulator = emulator_of(edit);
	char *text;

	if (edit->what == LIBVIRT_EDIT_REMOVE && edit->diff != NULL)
		text = text_format(_("%s: its emulator is %s again"), name, emulator);
	else if (emulator_architecture(emulator) == NULL)
		text = text_format(_("%s: does not use vmgrant: its emulator is %s"), name,
				   emulator);
	else if (edit->after == NULL)
		text = text_format(_("%s: its emulator is %s, but %s is not there"), name, emulator,
				   edit->path);
	else
		text = text_format(_("%s: its emulator is %s, with the options in %s"), name,
				   emulator, edit->path);
	language_print_lines(text);
	free(text);
	if (edit->what == LIBVIRT_EDIT_SHOW && edit->after != NULL)
		language_print_lines(edit->after);
}

static void print_when(const struct libvirt_edit *edit)
{
	if (edit->diff == NULL && edit->what != LIBVIRT_EDIT_SHOW)
		(void)puts(_("nothing to change"));
	else if (edit->diff != NULL && edit->domain.is_running && !edit->is_dry)
		(void)puts(_(
			"it is running: this counts from its next start, not after a reboot in it"));
}

static void print_text(const struct libvirt_edit *edit)
{
	for (size_t i = 0; i < edit->warnings.count; i++)
		(void)command_fail(0, _("libvirt: warning: %s"), edit->warnings.items[i]);
	if (edit->is_dry && edit->diff != NULL)
		language_print_lines(edit->diff);
	else
		print_now(edit);
	print_when(edit);
}

/* ---- for programs ---- */

static void print_json(const struct libvirt_edit *edit)
{
	json_object *object = json_object_new_object();
	struct words options = { 0 };

	if (edit->after != NULL)
		(void)words_split(&options, edit->after);
	json_add_text(object, "domain", edit->domain.text.name);
	json_add_text(object, "uuid", edit->domain.text.uuid);
	json_add_text(object, "emulator", emulator_of(edit));
	json_add_flag(object, "wrapped", emulator_architecture(emulator_of(edit)) != NULL);
	json_add_text(object, "file", edit->path);
	json_add(object, "options", json_list(&options));
	json_add_flag(object, "changed", edit->diff != NULL && !edit->is_dry);
	json_add_flag(object, "running", edit->domain.is_running);
	if (edit->diff != NULL)
		json_add_text(object, "diff", edit->diff);
	json_add(object, "warnings", json_list(&edit->warnings));
	json_print(object);
	(void)json_object_put(object);
	words_release(&options);
}

int libvirt_edit_print(const struct libvirt_edit *edit)
{
	if (edit->is_json)
		print_json(edit);
	else
		print_text(edit);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}
