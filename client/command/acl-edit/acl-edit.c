/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant allow and vmgrant deny: one line of the policy. Run as who they are. */
#include "client/command/acl-edit/acl-edit.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/acl-edit/edit-outcome.h"
#include "client/command/acl-edit/edit-plan.h"
#include "client/command/acl-edit/file/edited-file.h"
#include "client/command/acl-edit/file/put-in-place.h"
#include "client/command/check/acl/acl-names.h"
#include "client/command/check/acl/acl-never.h"
#include "client/command/common/command.h"
#include "client/command/kind/kind.h"
#include "client/text/language.h"
#include "client/text/message.h"
#include "wire/refusal/escape.h"

static int print_help(const char *command)
{
	const int is_allow = strcmp(command, "allow") == 0;

	(void)printf(
		_("usage: vmgrant %s [OPTION...] KIND SELECTOR... [user NAME | group NAME]%s\n"
		  "\n"
		  "Adds a line to the policy: the words are those of vmgrant.acl(5), and without\n"
		  "user and group it is about everybody. The whole policy is checked first; the\n"
		  "file changes at once or not at all, and the old one is kept as FILE~. Ends\n"
		  "by saying what counts now.\n"
		  "\n"),
		command, is_allow ? " [RULE-OPTION...]" : "");
	for (int i = 0; i < COMMAND_KINDS; i++)
		(void)printf(_("  vmgrant %s %s %s user alice\n"), command, command_kinds[i]->word,
			     command_kinds[i]->example);
	(void)printf(
		_("\n  --remove     take the line away instead\n%s  --file FILE  that file of the policy, or a draft; a folder: its local.conf\n               [%s]\n  --dry-run    show the change, and make none\n  --json       for programs\n\nSee vmgrant(1), vmgrant.acl(5).\n"),
		is_allow ? _("  --replace    put it in the place of the line about the same\n")
			 : "",
		VMGRANT_ACL_FILE);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

/* ---- what is wrong before anything is read ---- */

/* The command as it was given, with sudo. */
static int fail_closed(const struct acl_edit *edit)
{
	char *line = text_format("%s", "sudo vmgrant"), path[256];
	int code;

	for (size_t i = 0; edit->argv[i] != NULL; i++) {
		char *word = text_shell_quote(edit->argv[i]);

		text_append(&line, " ", 1);
		text_append(&line, word, strlen(word));
		free(word);
	}
	escape_string(path, sizeof path, edit->file != NULL ? edit->file : VMGRANT_ACL_FILE);
	code = command_fail(VMGRANT_NO_PRIVILEGE, _("%s: %s: %s: try %s"), edit->command, path,
			    geteuid() == 0 ? strerror(EACCES)
			    : edit->is_dry ? _("only root may read it")
					   : _("only root may change it"),
			    line);
	free(line);
	return code;
}

/* A rule that could never help is no good from the start. */
static int check_rule(const struct acl_edit *edit)
{
	const struct acl_rule *deny;
	const char *reason = acl_rule_never(&edit->line.acl, edit->line.rule, &deny);

	return reason == NULL || edit->what == ACL_EDIT_REMOVE
		       ? VMGRANT_GRANTED
		       : command_fail(VMGRANT_USAGE, _("%s: it could never be granted: %s"),
				      edit->command, reason);
}

static void warn(struct acl_edit *edit)
{
	if (edit->what != ACL_EDIT_REMOVE)
		acl_names_missing(edit->line.rule, &edit->warnings);
	for (size_t i = 0; i < edit->warnings.count && !edit->is_json; i++)
		(void)command_fail(0, _("%s: warning: %s"), edit->command, edit->warnings.items[i]);
}

/* ---- the edit ---- */

static int change(const struct acl_edit *edit, const struct edited_file *file, const char *text)
{
	const char *failed;
	char path[256];
	int result;

	if (text == NULL || edit->is_dry)
		return VMGRANT_GRANTED;
	result = put_in_place(file, text, &failed);
	if (result == 0)
		return VMGRANT_GRANTED;
	if (geteuid() != 0 && (result == -EACCES || result == -EPERM))
		return fail_closed(edit);
	return command_fail(VMGRANT_INTERNAL, "%s: %s: %s: %s", edit->command,
			    escape_string(path, sizeof path, file->path), failed,
			    strerror(-result));
}

static int edit_file(struct acl_edit *edit, const struct edited_file *file)
{
	struct edit_outcome outcome = { 0 };
	struct acl_done done = { 0 };
	char *text;
	int code = edit_plan(edit, file, &text, &done);

	if (code == VMGRANT_GRANTED)
		code = edit_outcome_find(&outcome, edit, file, text, &done);
	if (code == VMGRANT_GRANTED) {
		warn(edit);
		code = change(edit, file, text);
	}
	if (code == VMGRANT_GRANTED)
		code = edit->is_json ? edit_outcome_print_json(&outcome)
				     : edit_outcome_print(&outcome);
	edit_outcome_release(&outcome);
	free(text);
	return code;
}

static int edit_policy(struct acl_edit *edit, char *const words[])
{
	struct edited_file file;
	int is_closed = 0, code = rule_line_make(&edit->line, edit->command, words);

	if (code == VMGRANT_GRANTED)
		code = check_rule(edit);
	if (code == VMGRANT_GRANTED && edit->file == NULL && !edit->is_dry && geteuid() != 0)
		code = fail_closed(edit);
	if (code == VMGRANT_GRANTED) {
		code = edited_file_open(&file, edit->command, edit->file, &is_closed);
		if (is_closed)
			code = fail_closed(edit);
		if (code == VMGRANT_GRANTED)
			code = edit_file(edit, &file);
		edited_file_release(&file);
	}
	rule_line_release(&edit->line);
	words_release(&edit->warnings);
	return code;
}

/* ---- the command line ---- */

static int command_edit(int argc, char **argv)
{
	static const struct option options[] = {
		{ "remove", no_argument, NULL, 'r' },
		{ "replace", no_argument, NULL, 'p' },
		{ "file", required_argument, NULL, 'f' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct acl_edit edit = { .command = argv[0], .argv = argv };
	int option;

	opterr = 0;
	/* No word of a rule begins with a dash: options may stand behind them. */
	while ((option = getopt_long(argc, argv, ":hn", options, NULL)) >= 0) {
		if (option == 'h')
			return print_help(edit.command);
		if (option == 'f')
			edit.file = optarg;
		else if (option == 'n')
			edit.is_dry = 1;
		else if (option == 'j') {
			language_stay_english();
			edit.is_json = 1;
		} else if (option == 'r' && edit.what != ACL_EDIT_REPLACE)
			edit.what = ACL_EDIT_REMOVE;
		else if (option == 'p' && edit.what != ACL_EDIT_REMOVE)
			edit.what = ACL_EDIT_REPLACE;
		else if (option == 'r' || option == 'p')
			return command_fail(VMGRANT_USAGE,
					    _("%s: --remove and --replace exclude each other"),
					    edit.command);
		else
			return command_fail_unknown(edit.command, option, argv, options);
	}
	if (optind == argc)
		return command_fail(VMGRANT_USAGE,
				    _("%s: KIND and SELECTOR are missing: try vmgrant %s "
				      "--help"),
				    edit.command, edit.command);
	return edit_policy(&edit, argv + optind);
}

int command_allow(int argc, char **argv)
{
	return command_edit(argc, argv);
}

int command_deny(int argc, char **argv)
{
	return command_edit(argc, argv);
}
