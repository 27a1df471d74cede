/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant log: who got what, when, and what of it is still held. Runs as who it is. */
#include "client/command/log/log.h"

#include <getopt.h>
#include <stdio.h>
#include <time.h>

#include "client/command/common/command.h"
#include "client/command/common/json.h"
#include "client/command/common/person.h"
#include "client/text/language.h"
#include "client/text/message.h"

struct choice {
	const char *since, *user;
	int is_json, with_refusals, only_held;
	long long uid; /* -1: everybody */
};

static int print_help(void)
{
	fputs(_("usage: vmgrant log [--since TIME] [--user NAME] [--held] [--refused] [--json]\n"
		"\n"
		"Who was given what on this machine and when, from the journal, and whether it is\n"
		"still held. For administrators: others see what journalctl shows them.\n"
		"\n"
		"  --since TIME  as journalctl takes it: yesterday, -1h, '2026-01-31 10:00'\n"
		"  --user NAME   what this user was given\n"
		"  --held        only what is still held\n"
		"  --refused     what was refused, too\n"
		"  --json        for programs\n"
		"\n"
		"See vmgrant(1).\n"),
	      stdout);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

static int is_wanted(const struct log_record *record, const struct choice *choice)
{
	if (choice->uid >= 0 && record->uid != choice->uid)
		return 0;
	if (!record->is_grant)
		return choice->with_refusals && !choice->only_held;
	return !choice->only_held || record->held != LOG_GONE;
}

/* ---- for people ---- */

static void print_time(const struct log_record *record)
{
	const time_t seconds = (time_t)(record->time_us / 1000000);
	struct tm local;
	char text[32] = "?";

	if (localtime_r(&seconds, &local) != NULL)
		(void)strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
	(void)printf("%s", text);
}

static const char *state_of(const struct log_record *record)
{
	static const char *const words[] = {
		[LOG_GONE] = N_("gone"), [LOG_HELD] = N_("held"), [LOG_UNKNOWN] = N_("unknown")
	};

	return record->is_grant ? _(words[record->held]) : _("refused");
}

static void print_part(const char *before, const char *text, const char *after)
{
	if (text[0] != '\0')
		(void)printf("%s%s%s", before, text, after);
}

static void print_record(const struct log_record *record)
{
	const char *state = state_of(record);

	print_time(record);
	(void)printf(" %c %-*s ", record->is_signed ? ' ' : '!', language_field(state, 7), state);
	if (record->user[0] != '\0')
		(void)printf("%-12s", record->user);
	else
		(void)printf("%-12lld", record->uid);
	if (record->is_grant) {
		print_part(" ", record->given, "");
		print_part(" (", record->device, ")");
		print_part(", ", record->rule, "");
	} else {
		print_part(" ", record->why, "");
	}
	(void)putchar('\n');
}

/* ---- for programs ---- */

static void add_text(json_object *object, const char *key, const char *text)
{
	json_add(object, key, text[0] != '\0' ? json_object_new_string(text) : NULL);
}

static void add_number(json_object *object, const char *key, long long number)
{
	json_add(object, key, json_object_new_int64(number));
}

static json_object *to_json(const struct log_record *record)
{
	json_object *object = json_object_new_object(), *held = NULL;

	if (record->held != LOG_UNKNOWN)
		held = json_object_new_boolean(record->held == LOG_HELD);
	add_number(object, "time_us", record->time_us);
	json_add_flag(object, "granted", record->is_grant);
	json_add(object, "held", held);
	json_add_flag(object, "by_helper", record->is_signed);
	add_number(object, "code", record->code);
	add_number(object, "uid", record->uid);
	add_number(object, "pid", record->pid);
	add_text(object, "user", record->user);
	add_text(object, "action", record->action);
	add_text(object, "given", record->given);
	add_text(object, "object", record->object);
	add_text(object, "device", record->device);
	add_text(object, "rule", record->rule);
	add_text(object, "reason", record->why);
	return object;
}

static void print_json(const struct log *log, const struct choice *choice)
{
	json_object *all = json_object_new_array();

	for (size_t i = 0; i < log->count; i++) {
		if (is_wanted(&log->records[i], choice))
			(void)json_object_array_add(all, to_json(&log->records[i]));
	}
	json_print(all);
	(void)json_object_put(all);
}

static void print_text(const struct log *log, const struct choice *choice)
{
	size_t unsigned_count = 0, count = 0;

	for (size_t i = 0; i < log->count; i++) {
		if (!is_wanted(&log->records[i], choice))
			continue;
		print_record(&log->records[i]);
		unsigned_count += !log->records[i].is_signed;
		count++;
	}
	if (count == 0)
		(void)command_fail(0, _("log: nothing in the journal"));
	if (unsigned_count != 0)
		(void)command_fail(0, _("log: of lines with ! the journal does not know that the "
					"helper wrote them: any program can write such a record"));
}

static int show(struct choice *choice)
{
	struct person person = { .name = NULL };
	struct log log = { .records = NULL };
	int code = VMGRANT_GRANTED;

	choice->uid = -1;
	if (choice->user != NULL) {
		code = person_find(&person, choice->user);
		choice->uid = (long long)person.uid;
		person_release(&person);
	}
	if (code == VMGRANT_GRANTED)
		code = log_read(&log, choice->since);
	if (code == VMGRANT_GRANTED) {
		log_find_held(&log);
		(choice->is_json ? print_json : print_text)(&log, choice);
		code = fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
	}
	log_release(&log);
	return code;
}

int command_log(int argc, char **argv)
{
	static const struct option options[] = {
		{ "since", required_argument, NULL, 's' },
		{ "user", required_argument, NULL, 'u' },
		{ "held", no_argument, NULL, 'H' },
		{ "refused", no_argument, NULL, 'r' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct choice choice = { .since = NULL };
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:h", options, NULL)) >= 0) {
		if (option == 'h')
			return print_help();
		if (option == 's')
			choice.since = optarg;
		else if (option == 'u')
			choice.user = optarg;
		else if (option == 'j') {
			language_stay_english();
			choice.is_json = 1;
		} else if (option == 'H')
			choice.only_held = 1;
		else if (option == 'r')
			choice.with_refusals = 1;
		else
			return command_fail_unknown("log", option, argv, options);
	}
	if (optind < argc)
		return command_fail(VMGRANT_USAGE,
				    _("log: %.64s: takes no argument: "
				      "try vmgrant log --help"),
				    argv[optind]);
	return show(&choice);
}
