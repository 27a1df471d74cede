/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vmgrant explain: which rule decides. The helper judges, with the rights of who
 * runs this and by the very code that judges requests.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/common/text.h"

static int print_help(void)
{
	fputs("usage: vmgrant explain [--user NAME] [--helper PATH] KIND OBJECT\n"
	      "\n"
	      "Says who decides, by file, line and rule, and which other rules are about the\n"
	      "same. For administrators: it has to be able to read the policy. Nothing is\n"
	      "made and polkit is not asked.\n"
	      "\n"
	      "  bridge NAME\n"
	      "  usb VENDOR:PRODUCT [serial=TEXT] [port=PORT] [class=NUMBER]\n"
	      "  vfio ADDRESS | VENDOR:DEVICE\n"
	      "\n"
	      "  --user NAME    for this user [who runs it]\n"
	      "  --helper PATH  another vmgrant-helper\n"
	      "\n"
	      "See vmgrant(1), vmgrant.acl(5).\n",
	      stdout);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

static int become_helper(const char *helper, const char *user, char *const words[])
{
	struct words command = { 0 };

	words_add(&command, text_format("vmgrant-helper"));
	words_add(&command, text_format("--explain"));
	if (user != NULL)
		words_add(&command, text_format("--user=%s", user));
	for (size_t i = 0; words[i] != NULL; i++)
		words_add(&command, text_format("%s", words[i]));
	(void)execv(helper, command.items);
	words_release(&command);
	return command_fail(VMGRANT_INSTALLATION, "%.256s: cannot be started: %s: vmgrant check "
			    "says more", helper, strerror(errno));
}

int command_explain(int argc, char **argv)
{
	static const struct option options[] = {
		{ "user", required_argument, NULL, 'u' },
		{ "helper", required_argument, NULL, 'H' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *helper = VMGRANT_HELPER, *user = NULL;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:h", options, NULL)) >= 0) {
		if (option == 'h')
			return print_help();
		if (option == 'u')
			user = optarg;
		else if (option == 'H')
			helper = optarg;
		else
			return command_fail_option("explain", option, argv);
	}
	if (argc - optind < 2)
		return command_fail(VMGRANT_USAGE, "explain: KIND and OBJECT are missing: "
				    "try vmgrant explain --help");
	return become_helper(helper, user, argv + optind);
}
