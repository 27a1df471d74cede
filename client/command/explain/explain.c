/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant explain: which rule decides about a bridge or device. Runs as who it is. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/common/person.h"
#include "client/command/common/policy-error.h"
#include "client/command/common/read-policy.h"
#include "client/command/explain/explanation.h"
#include "client/command/kind/kind.h"
#include "client/text/language.h"
#include "client/text/message.h"

static int print_help(void)
{
	fputs(_("usage: vmgrant explain [--user NAME] [--json] KIND OBJECT\n"
		"\n"
		"Says which rule decides, by file, line and text, and which other rules are\n"
		"about the same. For administrators: the policy must be readable. Nothing is\n"
		"made and polkit is not asked.\n"
		"\n"),
	      stdout);
	for (int i = 0; i < COMMAND_KINDS; i++)
		(void)fputs(command_kinds[i]->explain_help, stdout);
	fputs(_("\n"
		"  --user NAME  for this user [who runs it]\n"
		"  --json       for programs\n"
		"\n"
		"See vmgrant(1), vmgrant.acl(5).\n"),
	      stdout);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

typedef void (*printer)(const struct explanation *explanation);

static int explain_policy(const struct person *person, struct explain_object *object,
			  printer print)
{
	struct explanation explanation;
	struct policy policy;
	struct acl_error error;
	int code;

	if (read_policy_for(person, &policy, &error, NULL) < 0) {
		char *text = policy_error_text(&error);

		code = command_fail(VMGRANT_POLICY, "%s", text);
		free(text);
	} else {
		explain_object_look(object, &policy.acl);
		explanation_find(&explanation, &policy, person, object);
		print(&explanation);
		explanation_release(&explanation);
		explain_object_forget(object);
		code = fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
	}
	policy_release(&policy);
	return code;
}

static int explain(const char *user, char *const words[], printer print)
{
	struct explain_object object = { .title = "" };
	struct person person = { 0 };
	int code = explain_object_parse(&object, words);

	if (code == VMGRANT_GRANTED)
		code = person_find(&person, user);
	if (code == VMGRANT_GRANTED)
		code = explain_policy(&person, &object, print);
	person_release(&person);
	explain_object_release(&object);
	return code;
}

int command_explain(int argc, char **argv)
{
	static const struct option options[] = {
		{ "user", required_argument, NULL, 'u' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	printer print = explanation_print;
	const char *user = NULL;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:h", options, NULL)) >= 0) {
		if (option == 'h')
			return print_help();
		if (option == 'u')
			user = optarg;
		else if (option == 'j') {
			language_stay_english();
			print = explanation_print_json;
		} else
			return command_fail_unknown("explain", option, argv, options);
	}
	if (argc - optind < 2)
		return command_fail(VMGRANT_USAGE,
				    argc > optind ? _("explain: OBJECT is missing: "
						      "try vmgrant explain --help")
						  : _("explain: KIND and OBJECT are missing: "
						      "try vmgrant explain --help"));
	return explain(user, argv + optind, print);
}
