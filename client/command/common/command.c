/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the subcommands of vmgrant share. */
#include "client/command/common/command.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "client/command/common/text.h"

int command_fail(int code, const char *format, ...)
{
	char line[1024];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	text_clean(line);
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

static sigset_t interrupts(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGQUIT);
	return set;
}

void command_hold_interrupts(sigset_t *before)
{
	const sigset_t set = interrupts();

	(void)sigprocmask(SIG_BLOCK, &set, before);
}

void command_release_interrupts(const sigset_t *before)
{
	(void)sigprocmask(SIG_SETMASK, before, NULL);
}

int command_fail_request(enum vmgrant_code code, const char *kind, const char *object,
			 const char *sentence)
{
	const struct timespec no_time = { 0 };
	const sigset_t set = interrupts();

	if (sigtimedwait(&set, NULL, &no_time) > 0)
		return command_fail(VMGRANT_POLKIT_DISMISSED,
				    "%s %.64s: the request to authenticate was dismissed", kind,
				    object);
	return command_fail((int)code, "%s", sentence);
}
