/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant setup: from a fresh machine to a guest with a network card, for named people. */
#include "client/command/setup/setup.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/common/json.h"
#include "client/command/setup/apply.h"
#include "client/text/language.h"
#include "client/text/message.h"

#define TIMEOUT_S 60u
#define TIMEOUT_MAX_S 3600

enum mode { MODE_SET_UP = 0, MODE_UNDO, MODE_CONFIRM, MODE_ROLL_BACK };

static int print_help(void)
{
	(void)printf(_(
		"usage: vmgrant setup [--user NAME | --group NAME]... [--bridge NAME]\n"
		"                     [--uplink CARD | --no-uplink] [OPTION...]\n"
		"       vmgrant setup --confirm | --undo\n"
		"\n"
		"Makes this machine ready for virtual machines of these people: a bridge by the\n"
		"software that configures the network here, a line of the policy, libvirt's\n"
		"session and AppArmor where they are in the way. Asks on a terminal for what no\n"
		"option says, shows each change before it makes any, and ends with vmgrant check.\n"
		"\n"
		"  --user NAME     for this user; may be given several times\n"
		"  --group NAME    for the members of this group, likewise\n"
		"  --bridge NAME   this bridge: one that is there is taken as it is\n"
		"  --uplink CARD   make it, with this network card as a port; the card's\n"
		"                  addresses become the bridge's\n"
		"  --no-uplink     make it for guests only\n"
		"  --manager WORD  by this software [the one that is at work]:"));
	for (size_t i = 0; setup_managers[i] != NULL; i++)
		(void)printf("%s %s", i % 3 == 0 ? "\n                 " : "",
			     setup_managers[i]->word);
	(void)printf(
		_("\n"
		  "  --no-polkit     nobody is asked for a password, over ssh neither: polkit=no\n"
		  "  --timeout SECONDS\n"
		  "                  go back to the old network unless somebody confirms within\n"
		  "                  that time, 10 to %d; 0: never [%u]\n"
		  "  --confirm       say so: this machine is still reached, the change stays\n"
		  "  --undo          undo all that vmgrant setup has changed\n"
		  "  -y, --yes       ask nothing\n"
		  "  -n, --dry-run   show the changes, and make none\n"
		  "  --json          for programs; with --yes or --dry-run\n"
		  "\n"
		  "The exit status is that of vmgrant check. See vmgrant(1).\n"),
		TIMEOUT_MAX_S, TIMEOUT_S);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

/* ---- showing ---- */

static void print_changes(const struct setup *setup, const struct setup_changes *changes)
{
	if (setup->is_bridge_new && setup->uplink != NULL)
		(void)printf(_("bridge %s: made by %s, with card %s\n"), setup->bridge,
			     _(setup->manager->name), setup->uplink);
	else if (setup->is_bridge_new)
		(void)printf(_("bridge %s: made by %s, between guests only\n"), setup->bridge,
			     _(setup->manager->name));
	else
		(void)printf(_("bridge %s: there already\n"), setup->bridge);
	for (size_t i = 0; i < changes->count; i++)
		change_print(&changes->items[i]);
	if (changes->count == 0)
		(void)puts(_("nothing is to be changed"));
}

static json_object *describe(const struct setup *setup, const struct setup_changes *changes)
{
	json_object *object = json_object_new_object(), *array = json_object_new_array();

	json_add_text(object, "bridge", setup->bridge);
	if (setup->manager != NULL)
		json_add_text(object, "manager", setup->manager->word);
	if (setup->uplink != NULL)
		json_add_text(object, "uplink", setup->uplink);
	for (size_t i = 0; i < changes->count; i++)
		(void)json_object_array_add(array, change_to_json(&changes->items[i]));
	json_add(object, "changes", array);
	return object;
}

static int print_json(json_object *object)
{
	json_print(object);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

/* ---- doing ---- */

static int make_plan(const struct setup *setup, struct setup_changes *changes)
{
	static int (*const plans[])(const struct setup *setup, struct setup_changes *changes) = {
		plan_bridge,
		plan_policy,
		plan_libvirt,
		plan_apparmor,
	};
	int code = VMGRANT_GRANTED;

	for (size_t i = 0; i < sizeof plans / sizeof plans[0] && code == VMGRANT_GRANTED; i++)
		code = plans[i](setup, changes);
	return code;
}

static int agree(const struct setup *setup, const struct setup_changes *changes)
{
	if (setup->is_yes || changes->count == 0)
		return VMGRANT_GRANTED;
	if (!isatty(STDIN_FILENO))
		return command_fail(VMGRANT_USAGE,
				    _("setup: there is nobody to ask: --yes makes the "
				      "changes, --dry-run shows them"));
	return setup_ask_yes(_("Make these changes?"), -1)
		       ? VMGRANT_GRANTED
		       : command_fail(VMGRANT_USAGE, _("setup: nothing is changed"));
}

static int apply_and_check(const struct setup *setup, struct setup_changes *changes,
			   json_object *object)
{
	json_object *array = object != NULL ? json_object_new_array() : NULL;
	sigset_t before;
	int pending = 0, code;

	/* A half of it is what --undo is for; Ctrl-C waits for the next question. */
	command_hold_interrupts(&before);
	code = setup_apply(setup, changes, &pending);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	if (pending && object == NULL)
		(void)printf(_("the old network comes back in %u seconds, unless: vmgrant setup "
			       "--confirm\n"),
			     setup->timeout_s);
	if (code == VMGRANT_GRANTED)
		code = setup_finish(setup, array);
	if (object != NULL) {
		json_add_flag(object, "changed", changes->count > 0);
		json_add_flag(object, "pending", pending);
		json_add(object, "checks", array);
	}
	return code;
}

static int set_up_planned(const struct setup *setup, struct setup_changes *changes)
{
	json_object *object = setup->is_json ? describe(setup, changes) : NULL;
	int code = VMGRANT_GRANTED, printed = VMGRANT_GRANTED;

	if (object == NULL)
		print_changes(setup, changes);
	if (setup->is_dry && object != NULL)
		json_add_flag(object, "changed", 0);
	if (!setup->is_dry)
		code = agree(setup, changes);
	if (!setup->is_dry && code == VMGRANT_GRANTED)
		code = apply_and_check(setup, changes, object);
	if (object != NULL)
		printed = print_json(object);
	(void)json_object_put(object);
	return code == VMGRANT_GRANTED ? printed : code;
}

static int set_up(struct setup *setup)
{
	struct setup_changes changes = { 0 };
	int code;

	setup_ask(setup);
	code = setup_check(setup);
	if (code == VMGRANT_GRANTED)
		code = make_plan(setup, &changes);
	if (code == VMGRANT_GRANTED)
		code = set_up_planned(setup, &changes);
	changes_release(&changes);
	return code;
}

/* ---- the command line ---- */

static int take_timeout(struct setup *setup, const char *word)
{
	char *end;
	long seconds;

	errno = 0;
	seconds = strtol(word, &end, 10);
	if (*word < '0' || *word > '9' || *end != '\0' || errno != 0 || seconds > TIMEOUT_MAX_S ||
	    (seconds != 0 && seconds < 10))
		return command_fail(VMGRANT_USAGE,
				    _("setup: --timeout %.32s: must be 10 to %d seconds, "
				      "or 0"),
				    word, TIMEOUT_MAX_S);
	setup->timeout_s = (unsigned)seconds;
	return VMGRANT_GRANTED;
}

static void take_text(char **text, const char *word)
{
	free(*text);
	*text = text_format("%s", word);
}

/* Returns VMGRANT_GRANTED, or another code; -1: it is none of these. */
static int take_option(struct setup *setup, enum mode *mode, int option, const char *word)
{
	switch (option) {
	case 'u':
		words_add(&setup->users, text_format("%s", word));
		return VMGRANT_GRANTED;
	case 'g':
		words_add(&setup->groups, text_format("%s", word));
		return VMGRANT_GRANTED;
	case 'b':
		take_text(&setup->bridge, word);
		return VMGRANT_GRANTED;
	case 'l':
		take_text(&setup->uplink, word);
		return VMGRANT_GRANTED;
	case 'm':
		setup->manager_word = word;
		return VMGRANT_GRANTED;
	case 't':
		return take_timeout(setup, word);
	case 'U':
		*mode = MODE_UNDO;
		return VMGRANT_GRANTED;
	case 'C':
		*mode = MODE_CONFIRM;
		return VMGRANT_GRANTED;
	case 'R':
		*mode = MODE_ROLL_BACK;
		return VMGRANT_GRANTED;
	default:
		return -1;
	}
}

static int parse(struct setup *setup, enum mode *mode, int *is_help_out, int argc, char **argv)
{
	const struct option options[] = {
		{ "user", required_argument, NULL, 'u' },
		{ "group", required_argument, NULL, 'g' },
		{ "bridge", required_argument, NULL, 'b' },
		{ "uplink", required_argument, NULL, 'l' },
		{ "no-uplink", no_argument, &setup->is_no_uplink, 1 },
		{ "manager", required_argument, NULL, 'm' },
		{ "no-polkit", no_argument, &setup->is_no_polkit, 1 },
		{ "timeout", required_argument, NULL, 't' },
		{ "confirm", no_argument, NULL, 'C' },
		{ "undo", no_argument, NULL, 'U' },
		{ "roll-back", no_argument, NULL, 'R' },
		{ "yes", no_argument, &setup->is_yes, 1 },
		{ "dry-run", no_argument, &setup->is_dry, 1 },
		{ "json", no_argument, &setup->is_json, 1 },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option, code = VMGRANT_GRANTED;

	opterr = 0;
	while (code == VMGRANT_GRANTED &&
	       (option = getopt_long(argc, argv, "+:hny", options, NULL)) >= 0) {
		if (option == 'h')
			*is_help_out = 1;
		else if (option == 'n')
			setup->is_dry = 1;
		else if (option == 'y')
			setup->is_yes = 1;
		else if (option != 0)
			code = take_option(setup, mode, option, optarg);
	}
	if (code < 0)
		return command_fail_unknown("setup", option, argv, options);
	if (code == VMGRANT_GRANTED && optind < argc)
		return command_fail(VMGRANT_USAGE,
				    _("setup: %.64s: takes no argument: try vmgrant "
				      "setup --help"),
				    argv[optind]);
	return code;
}

static int check_options(const struct setup *setup, enum mode mode)
{
	if (setup->is_json)
		language_stay_english();
	if (setup->uplink != NULL && setup->is_no_uplink)
		return command_fail(VMGRANT_USAGE, _("setup: --uplink and --no-uplink exclude each "
						     "other"));
	if (mode != MODE_SET_UP &&
	    (setup->users.count + setup->groups.count > 0 || setup->bridge != NULL ||
	     setup->uplink != NULL || setup->is_no_uplink))
		return command_fail(VMGRANT_USAGE,
				    _("setup: --confirm and --undo take neither people "
				      "nor a bridge"));
	if (setup->is_json && !setup->is_yes && !setup->is_dry && mode <= MODE_UNDO)
		return command_fail(VMGRANT_USAGE, _("setup: --json asks nothing: give --yes or "
						     "--dry-run, too"));
	if (geteuid() == 0 || (setup->is_dry && mode == MODE_SET_UP))
		return VMGRANT_GRANTED;
	return command_fail(VMGRANT_NO_PRIVILEGE,
			    _("setup: only root may change this machine: try sudo "
			      "vmgrant setup, or --dry-run"));
}

static int run(struct setup *setup, enum mode mode)
{
	switch (mode) {
	case MODE_UNDO:
		return setup_undo(setup);
	case MODE_CONFIRM:
		return setup_confirm();
	case MODE_ROLL_BACK:
		return setup_roll_back(RECORD_GO_ON);
	default:
		return set_up(setup);
	}
}

int command_setup(int argc, char **argv)
{
	struct setup setup = { .timeout_s = TIMEOUT_S };
	enum mode mode = MODE_SET_UP;
	int is_help = 0, code = parse(&setup, &mode, &is_help, argc, argv);

	if (code == VMGRANT_GRANTED && is_help)
		code = print_help();
	else if (code == VMGRANT_GRANTED)
		code = check_options(&setup, mode);
	if (code == VMGRANT_GRANTED && !is_help)
		code = run(&setup, mode);
	words_release(&setup.users);
	words_release(&setup.groups);
	words_release(&setup.people);
	free(setup.bridge);
	free(setup.uplink);
	return code;
}
