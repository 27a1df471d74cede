/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What the subcommands of vmgrant share. */
#include "client/command/common/command.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/command/machine/bridges.h"
#include "client/text/language.h"
#include "client/text/message.h"
#include "client/text/nearest.h"
#include "client/text/text.h"

#define OPTIONS_MAX 32u

int command_fail(int code, const char *format, ...)
{
	char line[2048];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	language_clean(line);
	(void)fprintf(stderr, "vmgrant: %s\n", line);
	return code;
}

int command_set_door(const char *word)
{
	if (strcmp(word, "auto") != 0 && strcmp(word, "setuid") != 0 && strcmp(word, "socket") != 0)
		return command_fail(VMGRANT_USAGE,
				    _("--door %.64s: must be auto, setuid or socket"), word);
	return setenv("VMGRANT_DOOR", word, 1) == 0
		       ? VMGRANT_GRANTED
		       : command_fail(VMGRANT_INTERNAL, _("--door: out of memory"));
}

/* The long option that argv's word is nearest to, without its dashes; NULL: none. */
static const char *nearest_option(const char *word, const struct option *options)
{
	const char *names[OPTIONS_MAX];
	size_t count = 0;
	char name[64];

	if (strncmp(word, "--", 2) != 0)
		return NULL;
	(void)snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
	for (; options->name != NULL && count < OPTIONS_MAX; options++)
		names[count++] = options->name;
	return nearest_word(name, names, count);
}

/*
 * getopt() leaves optind behind the word, but behind the first letter of a short option
 * with more letters it stays on it.
 */
static const char *failed_word(char **argv)
{
	const char *before = argv[optind - 1];

	return before[0] == '-' && before[1] != '\0' ? before : argv[optind];
}

int command_fail_unknown(const char *command, int answer, char **argv,
			 const struct option *options)
{
	const char *word = failed_word(argv);
	const char *name = nearest_option(word, options);
	int has_value = strchr(word, '=') != NULL;

	if (answer == ':')
		return command_fail(VMGRANT_USAGE,
				    _("%s: %.256s needs a value: try vmgrant %s --help"), command,
				    word, command);
	if (name != NULL && has_value && strncmp(word + 2, name, strlen(name)) == 0)
		return command_fail(VMGRANT_USAGE,
				    _("%s: --%s takes no value: try vmgrant %s --help"), command,
				    name, command);
	if (name != NULL)
		return command_fail(VMGRANT_USAGE,
				    _("%s: unknown option %.256s: did you mean --%s?"), command,
				    word, name);
	return command_fail(VMGRANT_USAGE, _("%s: unknown option %.256s: try vmgrant %s --help"),
			    command, word, command);
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

/* Of a bridge that is not there, the one that was probably meant; to be freed. */
static char *name_nearest(const char *kind, const char *object)
{
	struct words bridges;
	const char *nearest = NULL;
	char *text;

	if (strcmp(kind, "bridge") != 0 || bridges_find(&bridges) < 0)
		return text_format("%s", "");
	for (size_t i = 0; i < bridges.count; i++) {
		if (strcmp(bridges.items[i], object) == 0)
			object = "";
	}
	if (*object != '\0')
		nearest = nearest_word(object, (const char *const *)bridges.items, bridges.count);
	text = nearest == NULL ? text_format("%s", "")
			       : text_format(_(": did you mean %s?"), nearest);
	words_release(&bridges);
	return text;
}

/* Interrupts are held. */
static int fail_request(enum vmgrant_code code, const char *kind, const char *object,
			const char *sentence)
{
	const struct timespec no_time = { 0 };
	const sigset_t set = interrupts();
	char *nearest;

	if (sigtimedwait(&set, NULL, &no_time) > 0)
		return command_fail(VMGRANT_POLKIT_DISMISSED,
				    _("%s %.64s: the request to authenticate was dismissed"), kind,
				    object);
	nearest = name_nearest(kind, object);
	(void)command_fail((int)code, "%s%s", sentence, nearest);
	free(nearest);
	return (int)code;
}

int command_end_request(const struct vmgrant_connection *connection, enum vmgrant_code code,
			const char *kind, const char *object, const sigset_t *before)
{
	int status = VMGRANT_GRANTED;

	if (code != VMGRANT_GRANTED)
		status = fail_request(code, kind, object, vmgrant_error(connection));
	(void)sigprocmask(SIG_SETMASK, before, NULL);
	return status;
}
