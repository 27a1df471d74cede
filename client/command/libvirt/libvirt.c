/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant libvirt: let a domain of this person's libvirt session use vmgrant. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/common/command.h"
#include "client/command/kind/kind.h"
#include "client/command/libvirt/edit.h"
#include "client/text/language.h"
#include "client/text/message.h"

static int print_help(void)
{
	fputs(_("usage: vmgrant libvirt DOMAIN [--dry-run] [--json] OPTION...\n"
		"       vmgrant libvirt DOMAIN [--dry-run] [--json] --remove\n"
		"       vmgrant libvirt DOMAIN [--json]\n"
		"\n"
		"Lets a domain of qemu:///session start with network cards and devices: it gets\n"
		"the emulator vmgrant-qemu-ARCHITECTURE, and a file of its name in\n"
		"~/.config/vmgrant/libvirt gets OPTIONs of vmgrant run. Without any, says what\n"
		"it has.\n"
		"\n"),
	      stdout);
	for (int i = 0; i < COMMAND_KINDS; i++) {
		if (command_kinds[i]->run != NULL)
			(void)printf(_("  vmgrant libvirt debian12 --%s %s\n"),
				     command_kinds[i]->option, command_kinds[i]->example);
	}
	fputs(_("\n"
		"  --remove   take it back: the emulator is QEMU again, and the file goes\n"
		"  --dry-run  show the change, and make none\n"
		"  --json     for programs\n"
		"\n"
		"All options of vmgrant run but --qemu; they take the place of those before.\n"
		"A running domain gets them at its next start.\n"
		"\n"
		"See vmgrant(1), vmgrant-qemu(1).\n"),
	      stdout);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

/* As a line of the file, which is split as a shell splits it. */
static void keep_option(struct libvirt_edit *edit, const struct option *option, const char *value)
{
	char *quoted = value == NULL ? NULL : text_shell_quote(value);

	if (quoted == NULL)
		words_add(&edit->options, text_format("--%s", option->name));
	else
		words_add(&edit->options,
			  text_format("--%s%s%s", option->name,
				      option->has_arg == optional_argument ? "=" : " ", quoted));
	free(quoted);
}

static int edit_domain(struct libvirt_edit *edit)
{
	int code;

	if (edit->what == LIBVIRT_EDIT_REMOVE && edit->options.count > 0)
		return command_fail(VMGRANT_USAGE,
				    _("libvirt: --remove takes all back: no option of "
				      "vmgrant run goes with it"));
	if (edit->options.count > 0)
		edit->what = LIBVIRT_EDIT_SET;
	code = libvirt_edit_plan(edit);
	if (code == VMGRANT_GRANTED && !edit->is_dry)
		code = libvirt_edit_make(edit);
	return code == VMGRANT_GRANTED ? libvirt_edit_print(edit) : code;
}

/* Returns -1 to go on, or the exit status. */
static int parse(struct libvirt_edit *edit, int argc, char **argv)
{
	/* Those with 'o' are vmgrant run's, as its kinds' are. */
	struct option options[12 + COMMAND_KINDS] = {
		{ "remove", no_argument, NULL, 'r' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ "helper", required_argument, NULL, 'o' },
		{ "prompt", no_argument, NULL, 'o' },
		{ "no-prompt", no_argument, NULL, 'o' },
		{ "door", required_argument, NULL, 'o' },
		{ "confine", optional_argument, NULL, 'o' },
		{ "file", required_argument, NULL, 'o' },
		{ "display", required_argument, NULL, 'o' },
	};
	int option, index = 0;

	command_kind_add_options(options, command_kind_runs);
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":hn", options, &index)) >= 0) {
		if (option == 'h')
			return print_help();
		if (option == 'r')
			edit->what = LIBVIRT_EDIT_REMOVE;
		else if (option == 'n')
			edit->is_dry = 1;
		else if (option == 'j') {
			language_stay_english();
			edit->is_json = 1;
		} else if (option == 'o' || command_kind_index(option) >= 0)
			keep_option(edit, &options[index], optarg);
		else
			return command_fail_unknown("libvirt", option, argv, options);
	}
	if (optind == argc)
		return command_fail(VMGRANT_USAGE,
				    _("libvirt: DOMAIN is missing: try vmgrant libvirt --help"));
	if (optind + 1 < argc)
		return command_fail(VMGRANT_USAGE,
				    _("libvirt: %.64s: one DOMAIN, and options: "
				      "try vmgrant libvirt --help"),
				    argv[optind + 1]);
	edit->word = argv[optind];
	return -1;
}

int command_libvirt(int argc, char **argv)
{
	struct libvirt_edit edit = { 0 };
	int code = parse(&edit, argc, argv);

	if (code < 0)
		code = edit_domain(&edit);
	libvirt_edit_release(&edit);
	return code;
}
