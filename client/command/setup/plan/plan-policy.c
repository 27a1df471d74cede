/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant setup: lines of the policy, by vmgrant allow. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/setup/change/perform.h"
#include "client/command/setup/plan/plan.h"
#include "client/text/message.h"

/* vmgrant allow [OPTION...] bridge BRIDGE user NAME [polkit=no] */
static void allow_words(struct words *words, const struct setup *setup, const char *kind,
			const char *name, const char *const options[])
{
	const char *const head[] = { "vmgrant", "allow", NULL };
	const char *const rule[] = {
		"bridge", setup->bridge, kind, name, setup->is_no_polkit ? "polkit=no" : NULL, NULL
	};

	*words = (struct words){ 0 };
	words_add_all(words, head);
	words_add_all(words, options);
	words_add_all(words, rule);
}

/* What vmgrant allow would do: *diff_out is NULL if the line is there already. */
static int read_answer(const char *text, char **diff_out)
{
	json_object *object = json_tokener_parse(text), *diff;

	if (object == NULL)
		return command_fail(VMGRANT_INTERNAL,
				    _("setup: vmgrant allow answered nothing useful"));
	if (json_object_object_get_ex(object, "action", NULL) &&
	    json_object_object_get_ex(object, "diff", &diff))
		*diff_out = text_format("%s", json_object_get_string(diff));
	(void)json_object_put(object);
	return VMGRANT_GRANTED;
}

static int try_allow(const struct setup *setup, const char *kind, const char *name, char **diff_out)
{
	static const char *const options[] = { "--dry-run", "--json", NULL };
	struct capture *capture = text_need(malloc(sizeof *capture));
	struct words words;
	int code;

	*diff_out = NULL;
	allow_words(&words, setup, kind, name, options);
	if (command_succeeds(&words, capture)) {
		code = read_answer(capture->text, diff_out);
	} else if (capture->end != CAPTURE_EXITED) {
		code = command_fail(VMGRANT_INTERNAL, _("setup: vmgrant allow cannot be run"));
	} else {
		/* Its sentence is whole, with the program's name. */
		(void)fputs(capture->text, stderr);
		code = capture->status;
	}
	words_release(&words);
	free(capture);
	return code;
}

/* ---- what the policy says already ---- */

/* Whoever may have the bridge by another line needs none of his own. */
static int is_allowed_in(const char *text, const struct setup *setup)
{
	json_object *object = json_tokener_parse(text), *gives, *value;
	int is_allowed = 0;

	if (json_object_object_get_ex(object, "gives", &gives) &&
	    json_object_object_get_ex(gives, "polkit", &value))
		is_allowed = !setup->is_no_polkit || !json_object_get_boolean(value);
	(void)json_object_put(object);
	return is_allowed;
}

static int is_allowed(const struct setup *setup, const char *user)
{
	const char *const list[] = { "vmgrant", "explain", "--json",      "--user",
				     user,      "bridge",  setup->bridge, NULL };
	struct capture *capture = text_need(malloc(sizeof *capture));
	const int is_good =
		command_list_succeeds(list, capture) && is_allowed_in(capture->text, setup);

	free(capture);
	return is_good;
}

static int plan_rule(const struct setup *setup, const char *kind, const char *name,
		     struct setup_changes *changes)
{
	static const char *const none[] = { NULL }, *const remove[] = { "--remove", NULL };
	struct setup_change *change;
	char *diff = NULL;
	int code = VMGRANT_GRANTED;

	if (geteuid() == 0 && strcmp(kind, "user") == 0 && is_allowed(setup, name))
		return VMGRANT_GRANTED;
	/* Who may not read the policy sees the command, and not what it changes. */
	if (geteuid() == 0)
		code = try_allow(setup, kind, name, &diff);
	if (code != VMGRANT_GRANTED || (diff == NULL && geteuid() == 0))
		return code;
	change = changes_add_empty(changes, "policy");
	allow_words(&change->command, setup, kind, name, none);
	change->shown = diff;
	change->undo = text_need(calloc(1, sizeof *change->undo));
	change->undo_count = 1;
	allow_words(change->undo, setup, kind, name, remove);
	return VMGRANT_GRANTED;
}

int plan_policy(const struct setup *setup, struct setup_changes *changes)
{
	int code = VMGRANT_GRANTED;

	for (size_t i = 0; i < setup->users.count && code == VMGRANT_GRANTED; i++)
		code = plan_rule(setup, "user", setup->users.items[i], changes);
	for (size_t i = 0; i < setup->groups.count && code == VMGRANT_GRANTED; i++)
		code = plan_rule(setup, "group", setup->groups.items[i], changes);
	return code;
}
