/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant check-acl: whether a policy is one. Runs as who it is. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/command/check/acl/acl-report.h"
#include "client/command/common/command.h"
#include "client/text/message.h"

static int print_help(void)
{
	fputs(_("usage: vmgrant check-acl [FILE]\n"
		"\n"
		"Reads a policy and says what is wrong with it: of an error the file, line,\n"
		"column and word; warnings of bridges, users and groups that this machine does\n"
		"not have. FILE may be a draft; without it the installed policy is judged as a\n"
		"request would judge it. The files must be readable.\n"
		"\n"
		"The exit status is 0 if the policy has no error, else 6; 104 if none of its\n"
		"rules can ever be granted. See vmgrant(1).\n"),
	      stdout);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

static int check_file(const char *file)
{
	const char *path = file != NULL ? file : VMGRANT_ACL_FILE;
	struct acl_report report;
	int code = VMGRANT_GRANTED;

	acl_report_make(&report, file);
	for (size_t i = 0; i < report.warnings.count; i++)
		(void)puts(report.warnings.items[i]);
	if (report.error == NULL) {
		char *summary = acl_report_summary(&report, path);

		(void)puts(summary);
		free(summary);
	}
	if (fflush(stdout) != 0)
		code = VMGRANT_INTERNAL;
	if (report.error != NULL)
		code = command_fail(VMGRANT_POLICY, "%s", report.error);
	else if (acl_report_is_vain(&report))
		code = COMMAND_FOUND;
	acl_report_release(&report);
	return code;
}

int command_check_acl(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:h", options, NULL)) >= 0) {
		if (option == 'h')
			return print_help();
		return command_fail_unknown("check-acl", option, argv, options);
	}
	if (argc - optind > 1)
		return command_fail(VMGRANT_USAGE, _("check-acl: takes one file at most: "
						     "try vmgrant check-acl --help"));
	return check_file(argv[optind]);
}
