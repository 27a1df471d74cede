/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant tap: a TAP for programs that take a name and no descriptor. */
#include "client/command/tap/tap.h"

#include <getopt.h>
#include <stdio.h>

#include "client/command/common/command.h"
#include "client/text/language.h"
#include "client/text/message.h"

static int print_help(void)
{
	fputs(_("usage: vmgrant tap BRIDGE [--json] [--prompt|--no-prompt] [--helper PATH]\n"
		"                   [--door auto|setuid|socket]\n"
		"       vmgrant tap --remove NAME\n"
		"       vmgrant tap [--json]\n"
		"\n"
		"Makes a TAP on a bridge that stays until it is removed, and prints its name: for\n"
		"programs that take the name of one and no descriptor. Only where a rule with\n"
		"port=direct gives the bridge. Without a bridge, lists those that are there.\n"
		"\n"
		"  --remove NAME      let one go that no program has open\n"
		"  --json             for programs\n"
		"  --prompt           let polkit ask for a password, by the agent of the desktop\n"
		"                     or on the terminal [if the standard input is a terminal]\n"
		"  --no-prompt        never let polkit ask\n"
		"  --helper PATH      another vmgrant-helper\n"
		"  --door WAY         setuid: start the helper; socket: ask the service [auto: the\n"
		"                     helper, and the service where setuid has no effect]\n"
		"\n"
		"See vmgrant(1).\n"),
	      stdout);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

/* Returns -1 to go on, or the exit status. */
static int parse(struct tap *tap, int argc, char **argv)
{
	static const struct option options[] = {
		{ "remove", required_argument, NULL, 'r' },
		{ "json", no_argument, NULL, 'j' },
		{ "prompt", no_argument, NULL, 'p' },
		{ "no-prompt", no_argument, NULL, 'q' },
		{ "helper", required_argument, NULL, 'H' },
		{ "door", required_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option, code = VMGRANT_GRANTED;

	opterr = 0;
	while (code == VMGRANT_GRANTED &&
	       (option = getopt_long(argc, argv, ":h", options, NULL)) >= 0) {
		if (option == 'h')
			return print_help();
		if (option == 'r')
			tap->remove = optarg;
		else if (option == 'j')
			tap->is_json = 1;
		else if (option == 'p' || option == 'q')
			tap->prompt = option == 'p' ? PROMPT_ALWAYS : PROMPT_NEVER;
		else if (option == 'H')
			tap->helper = optarg;
		else if (option == 'w')
			code = command_set_door(optarg);
		else
			return command_fail_unknown("tap", option, argv, options);
	}
	if (code != VMGRANT_GRANTED)
		return code;
	tap->bridge = argv[optind];
	if (optind + 1 < argc || (tap->remove != NULL && tap->bridge != NULL))
		return command_fail(VMGRANT_USAGE, _("tap: takes one BRIDGE, or --remove NAME: "
						     "try vmgrant tap --help"));
	return -1;
}

int command_tap(int argc, char **argv)
{
	struct tap tap = { 0 };
	int code = parse(&tap, argc, argv);

	if (code >= 0)
		return code;
	if (tap.is_json)
		language_stay_english();
	if (tap.remove != NULL)
		return tap_remove(&tap);
	return tap.bridge != NULL ? tap_make(&tap) : tap_list(&tap);
}
