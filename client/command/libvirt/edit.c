/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What vmgrant libvirt does to a domain: its emulator, and the file with its options. */
#include "client/command/libvirt/edit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/acl-edit/file/file-text.h"
#include "client/command/common/command.h"
#include "client/command/common/small-file.h"
#include "client/command/libvirt/try-options.h"
#include "client/command/setup/change/replace-file.h"
#include "client/command/wrapper/emulator.h"
#include "client/command/wrapper/wrapper-words.h"
#include "client/text/message.h"

/* ---- the plan ---- */

static int read_file(struct libvirt_edit *edit)
{
	int result;

	edit->path = wrapper_words_file(edit->domain.text.name);
	if (edit->path == NULL)
		return command_fail(
			VMGRANT_UNSUPPORTED,
			_("libvirt domain %.256s: no file can have that name, or you have "
			  "no home folder"),
			edit->domain.text.name);
	result = small_file_read(edit->path, SETUP_FILE_BYTES_MAX, &edit->before);
	return result == 0 || result == -ENOENT
		       ? VMGRANT_GRANTED
		       : command_fail(VMGRANT_INTERNAL, _("%.256s: cannot be read: %s"), edit->path,
				      strerror(-result));
}

static char *join_lines(const struct words *lines)
{
	char *text = NULL;

	for (size_t i = 0; i < lines->count; i++) {
		text_append(&text, lines->items[i], strlen(lines->items[i]));
		text_append(&text, "\n", 1);
	}
	return text;
}

/* What is to be there afterwards. */
static int plan_change(struct libvirt_edit *edit)
{
	int is_ours = emulator_architecture(edit->domain.text.emulator) != NULL;
	int code = VMGRANT_GRANTED;

	if (edit->what == LIBVIRT_EDIT_SET)
		code = domain_choose_wrapper(&edit->domain, &edit->emulator);
	else if (edit->what == LIBVIRT_EDIT_REMOVE && is_ours)
		code = domain_choose_qemu(&edit->domain, &edit->emulator);
	if (edit->what == LIBVIRT_EDIT_SET)
		edit->after = join_lines(&edit->options);
	else if (edit->what == LIBVIRT_EDIT_SHOW && edit->before != NULL)
		edit->after = text_format("%s", edit->before);
	if (code == VMGRANT_GRANTED && edit->emulator != NULL &&
	    strcmp(edit->emulator, edit->domain.text.emulator) != 0)
		code = domain_change(&edit->domain, edit->emulator, &edit->xml);
	return code;
}

static void add_diff(struct libvirt_edit *edit, const char *before, const char *after,
		     const char *path)
{
	char *diff = file_text_diff(before == NULL ? "" : before, after == NULL ? "" : after, path);

	text_append(&edit->diff, diff, strlen(diff));
	free(diff);
}

static void find_diff(struct libvirt_edit *edit)
{
	char *title = text_format("qemu:///session/%s", edit->domain.text.name);

	if (edit->xml != NULL)
		add_diff(edit, edit->domain.text.xml, edit->xml, title);
	if (!text_is_same(edit->before, edit->after))
		add_diff(edit, edit->before, edit->after, edit->path);
	free(title);
}

static void warn(struct libvirt_edit *edit)
{
	const char *name = edit->domain.text.name;
	const struct words *dropped = &edit->domain.text.dropped;

	if (edit->domain.text.has_variables)
		words_add(&edit->warnings,
			  text_format(
				  _("%s: its <qemu:env> has VMGRANT or VMGRANT_FILE, which counts "
				    "in place of the file: virsh edit takes it out"),
				  name));
	for (size_t i = 0; i < dropped->count; i++)
		words_add(&edit->warnings,
			  text_format(_("%s: its <interface type='bridge'> has %s, which libvirt's "
					"sessions take without a word and ignore"),
				      name, dropped->items[i]));
}

int libvirt_edit_plan(struct libvirt_edit *edit)
{
	int code = domain_find(&edit->domain, edit->word);

	if (code == VMGRANT_GRANTED)
		code = read_file(edit);
	if (code == VMGRANT_GRANTED)
		code = plan_change(edit);
	if (code != VMGRANT_GRANTED)
		return code;
	warn(edit);
	find_diff(edit);
	return edit->what == LIBVIRT_EDIT_SET ? try_options(&edit->domain.text, edit->emulator,
							    edit->after, &edit->warnings)
					      : VMGRANT_GRANTED;
}

/* ---- the change ---- */

static int change_file(const struct libvirt_edit *edit)
{
	int result = 0;

	if (!text_is_same(edit->before, edit->after))
		result = replace_file(edit->path, edit->before, edit->after);
	return result == 0 ? VMGRANT_GRANTED
			   : command_fail(VMGRANT_INTERNAL, _("%.256s: cannot be changed: %s"),
					  edit->path,
					  result == -EBUSY ? _("somebody else has changed it")
							   : strerror(-result));
}

static void put_file_back(const struct libvirt_edit *edit)
{
	if (!text_is_same(edit->before, edit->after) &&
	    replace_file(edit->path, edit->after, edit->before) < 0)
		(void)command_fail(0, _("%.256s: stays as it is now: it could not be put back"),
				   edit->path);
}

int libvirt_edit_make(const struct libvirt_edit *edit)
{
	int code = change_file(edit);

	/* The file alone has no effect on a guest that has another emulator. */
	if (code != VMGRANT_GRANTED || edit->xml == NULL)
		return code;
	code = domain_define(&edit->domain, edit->xml);
	if (code != VMGRANT_GRANTED)
		put_file_back(edit);
	return code;
}

void libvirt_edit_release(struct libvirt_edit *edit)
{
	words_release(&edit->options);
	words_release(&edit->warnings);
	domain_release(&edit->domain);
	free(edit->emulator);
	free(edit->xml);
	free(edit->path);
	free(edit->before);
	free(edit->after);
	free(edit->diff);
}
