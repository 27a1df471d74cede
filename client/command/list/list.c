/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant list: what the caller may have on this machine, and why not the rest. */
#include "client/command/list/list.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "client/command/common/command.h"
#include "client/command/common/json.h"
#include "client/command/kind/kind.h"
#include "client/text/language.h"
#include "client/text/message.h"

static int print_help(void)
{
	fputs(_("usage: vmgrant list [--json] [--helper PATH] [--door auto|setuid|socket]\n"
		"\n"
		"The bridges of this machine and what a network card on each would be given, its\n"
		"USB devices, the PCI devices that are bound to VFIO or that a rule gives you, the\n"
		"disks that a rule gives you, and the reason of each no. Nothing is made and\n"
		"polkit is not asked.\n"
		"\n"
		"  --json         for programs\n"
		"  --helper PATH  another vmgrant-helper\n"
		"  --door WAY     setuid, socket or auto, see vmgrant run --help\n"
		"\n"
		"See vmgrant(1).\n"),
	      stdout);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

/* ---- what the sections share ---- */

static int is_about_one(struct list *list, enum vmgrant_code code)
{
	switch (code) {
	case VMGRANT_GRANTED:
	case VMGRANT_DENIED:
	case VMGRANT_QUOTA:
	case VMGRANT_OBJECT:
	case VMGRANT_UNSUPPORTED:
		list->judged_count++;
		return 1;
	case VMGRANT_USAGE: /* a name that no request can have */
		return 1;
	case VMGRANT_INTERNAL: /* the helper has judged others */
		return list->judged_count > 0;
	default:
		return 0;
	}
}

int list_check_answer(struct list *list, enum vmgrant_code code)
{
	return is_about_one(list, code)
		       ? VMGRANT_GRANTED
		       : command_fail((int)code, "%s", vmgrant_error(list->connection));
}

const char *list_shorten(const char *reason, const char *object)
{
	const size_t length = strlen(object);

	if (strncmp(reason, object, length) != 0 || strncmp(reason + length, ": ", 2) != 0)
		return reason;
	return reason + length + 2;
}

const char *list_verdict_word(enum vmgrant_code code, int asks_polkit)
{
	if (code != VMGRANT_GRANTED)
		return _("no");
	return asks_polkit ? "polkit" : _("yes");
}

void list_add_verdict(json_object *object, enum vmgrant_code code, const char *reason)
{
	json_add_flag(object, "allowed", code == VMGRANT_GRANTED);
	json_add_number(object, "code", (uint64_t)code);
	if (code != VMGRANT_GRANTED)
		json_add_text(object, "reason", reason);
}

/* ---- all of it ---- */

static int is_listed(const struct command_kind *kind)
{
	return kind->list != NULL;
}

static int list_everything(struct list *list)
{
	char things[COMMAND_KIND_TEXT_SIZE];
	int code = VMGRANT_GRANTED;

	for (int i = 0; code == VMGRANT_GRANTED && i < COMMAND_KINDS; i++)
		code = command_kinds[i]->list(list);
	if (code == VMGRANT_GRANTED)
		code = list_ports(list);
	if (code != VMGRANT_GRANTED)
		return code;
	if (list->sections != NULL)
		json_print(list->sections);
	else if (list->row_count == 0)
		(void)command_fail(0, _("list: there is %s for you on this machine"),
				   command_kind_text(things, is_listed, SHOW_NONE, _("and")));
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

static int connect_and_list(const char *helper, int is_json)
{
	struct list list = { .connection = vmgrant_connect(helper) };
	int code;

	if (list.connection == NULL)
		return command_fail(VMGRANT_INTERNAL, _("vmgrant-helper: cannot be started: %s"),
				    strerror(errno));
	if (is_json) {
		language_stay_english();
		list.sections = json_object_new_object();
	}
	code = list_everything(&list);
	(void)json_object_put(list.sections);
	vmgrant_close(list.connection);
	return code;
}

int command_list(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "helper", required_argument, NULL, 'H' },
		{ "door", required_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const char *helper = NULL;
	int option, is_json = 0;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:h", options, NULL)) >= 0) {
		if (option == 'h')
			return print_help();
		if (option == 'j')
			is_json = 1;
		else if (option == 'H')
			helper = optarg;
		else if (option == 'w' && command_set_door(optarg) != VMGRANT_GRANTED)
			return VMGRANT_USAGE;
		else if (option != 'w')
			return command_fail_unknown("list", option, argv, options);
	}
	if (optind < argc)
		return command_fail(VMGRANT_USAGE,
				    _("list: %.64s: takes no argument: "
				      "try vmgrant list --help"),
				    argv[optind]);
	return connect_and_list(helper, is_json);
}
