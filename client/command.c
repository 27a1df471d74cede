/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the subcommands of vmgrant share. */
#include "client/command.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>

int command_fail(int code, const char *format, ...)
{
	char line[1024];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	for (char *c = line; *c != '\0'; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	(void)fprintf(stderr, "vmgrant: %s\n", line);
	return code;
}

int command_fail_option(const char *command, int answer, char **argv)
{
	const char *what = answer == ':' ? "needs a value"
					 : "not an option, or one without a value";

	/* getopt() tells which one by its place only. */
	return command_fail(VMGRANT_USAGE, "%s: %.256s: %s: try vmgrant %s --help", command,
			    argv[optind - 1], what, command);
}
