/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant attach: one thing for a QEMU that runs already. */
#include "client/command/attach/attach.h"

#include <errno.h>
#include <getopt.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/attach/qmp-command.h"
#include "client/command/common/command.h"
#include "client/command/common/interrupt.h"
#include "client/command/kind/kind.h"
#include "client/qmp/device.h"
#include "client/text/language.h"
#include "client/text/message.h"
#include "client/text/text.h"

enum output { OUTPUT_TEXT = 0, OUTPUT_JSON };

struct command {
	struct attach attach;
	enum output output;
};

static int print_help(void)
{
	for (int i = 0, count = 0; i < COMMAND_KINDS; i++) {
		if (command_kinds[i]->attach != NULL)
			(void)printf("%*s vmgrant attach --qmp SOCKET --%s %s[,OPTION...]\n",
				     (int)strlen(_("usage:")), count++ == 0 ? _("usage:") : "",
				     command_kinds[i]->option, command_kinds[i]->object);
	}
	fputs(_("                      [--follow] [--id ID] [--json] [--prompt|--no-prompt]\n"
		"                      [--helper PATH] [--door auto|setuid|socket]\n"
		"\n"
		"Gets a network card on a bridge, a device or a disk and plugs it into a QEMU that\n"
		"runs already. Prints its id, for vmgrant detach. What fails is undone.\n"
		"\n"
		"  --qmp SOCKET       of QEMU's -qmp unix:SOCKET,server=on,wait=off\n"
		"  --libvirt DOMAIN   instead of it: a domain of libvirt's, by virsh\n"),
	      stdout);
	for (int i = 0; i < COMMAND_KINDS; i++) {
		if (command_kinds[i]->attach != NULL)
			(void)fputs(_(command_kinds[i]->attach_help), stdout);
	}
	fputs(_("  --follow           stay, and plug it in whenever it comes\n"
		"  --id ID            of the card or device in QEMU [vmgrant0, vmgrant1...]\n"
		"  --json             print an object\n"
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

/* ---- arguments ---- */

static int take_thing(struct attach *attach, const struct command_kind *kind, const char *text)
{
	char names[COMMAND_KIND_TEXT_SIZE];

	if (attach->kind != NULL)
		return command_fail(
			VMGRANT_USAGE, _("attach: %s: one at a time"),
			command_kind_text(names, command_kind_attaches, SHOW_OPTION, ""));
	attach->kind = kind;
	attach->thing = text_need(calloc(1, kind->attach->size));
	return kind->attach->take(attach->thing, text);
}

static int take_id(struct attach *attach, const char *text)
{
	if (!qmp_command_is_id(text))
		return command_fail(VMGRANT_USAGE,
				    _("--id %.64s: must begin with a letter and have "
				      "only letters, digits, - . _, at most %d"),
				    text, QMP_DEVICE_ID_MAX - 1);
	memcpy(attach->id, text, strlen(text) + 1);
	return VMGRANT_GRANTED;
}

static int check(struct attach *attach, char *const rest[])
{
	char names[COMMAND_KIND_TEXT_SIZE];
	int code = qmp_command_check("attach", &attach->monitor);

	if (code != VMGRANT_GRANTED)
		return code;
	if (attach->kind == NULL)
		return command_fail(
			VMGRANT_USAGE, _("attach: %s is missing: try vmgrant attach --help"),
			command_kind_text(names, command_kind_attaches, SHOW_OBJECT, _("or")));
	if (attach->kind->attach->check != NULL)
		code = attach->kind->attach->check(attach->thing, attach);
	if (code != VMGRANT_GRANTED)
		return code;
	if (attach->follows && attach->kind->attach->follow == NULL)
		return command_fail(
			VMGRANT_USAGE, _("attach: --follow: only for %s"),
			command_kind_text(names, command_kind_follows, SHOW_OPTION, _("and")));
	if (attach->follows && attach->monitor.domain != NULL)
		return command_fail(VMGRANT_USAGE, _("attach: --follow: only with --qmp: libvirt "
						     "passes no events on"));
	if (rest[0] != NULL)
		return command_fail(VMGRANT_USAGE,
				    _("attach: %.64s: takes no argument: "
				      "try vmgrant attach --help"),
				    rest[0]);
	return VMGRANT_GRANTED;
}

static int take_option(struct command *command, int option)
{
	struct attach *attach = &command->attach;
	int kind = command_kind_index(option);

	if (kind >= 0)
		return take_thing(attach, command_kinds[kind], optarg);
	switch (option) {
	case 'Q':
		attach->monitor.socket = optarg;
		break;
	case 'L':
		attach->monitor.domain = optarg;
		break;
	case 'f':
		attach->follows = 1;
		break;
	case 'i':
		return take_id(attach, optarg);
	case 'j':
		language_stay_english();
		command->output = OUTPUT_JSON;
		break;
	case 'H':
		attach->helper = optarg;
		break;
	case 'w':
		return command_set_door(optarg);
	case 'p':
	case 'q':
		attach->prompt = option == 'p' ? PROMPT_ALWAYS : PROMPT_NEVER;
		break;
	}
	return VMGRANT_GRANTED;
}

/* Returns -1 to go on, or the exit status. */
static int parse(struct command *command, int argc, char **argv)
{
	struct option options[11 + COMMAND_KINDS] = {
		{ "qmp", required_argument, NULL, 'Q' },
		{ "libvirt", required_argument, NULL, 'L' },
		{ "follow", no_argument, NULL, 'f' },
		{ "id", required_argument, NULL, 'i' },
		{ "json", no_argument, NULL, 'j' },
		{ "helper", required_argument, NULL, 'H' },
		{ "prompt", no_argument, NULL, 'p' },
		{ "no-prompt", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },
		{ "door", required_argument, NULL, 'w' },
	};
	int code = VMGRANT_GRANTED, option;

	command_kind_add_options(options, command_kind_attaches);
	opterr = 0;
	while (code == VMGRANT_GRANTED &&
	       (option = getopt_long(argc, argv, "+:h", options, NULL)) >= 0) {
		if (option == 'h')
			return print_help();
		code = option == '?' || option == ':'
			       ? command_fail_unknown("attach", option, argv, options)
			       : take_option(command, option);
	}
	if (code == VMGRANT_GRANTED)
		code = check(&command->attach, argv + optind);
	return code == VMGRANT_GRANTED ? -1 : code;
}

/* ---- the way of it ---- */

static void describe(const struct attach *attach, json_object *object)
{
	const struct attach_kind *kind = attach->kind->attach;

	if (kind->describe != NULL)
		kind->describe(attach->thing, attach, object);
	else
		qmp_add_argument(object, "node", kind->name(attach->thing));
}

static int print_result(const struct command *command)
{
	const struct attach *attach = &command->attach;
	json_object *object;

	if (command->output == OUTPUT_TEXT) {
		(void)puts(attach->id);
		return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
	}
	object = qmp_argument("id", attach->id);
	describe(attach, object);
	(void)puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
								  JSON_C_TO_STRING_NOSLASHESCAPE));
	(void)json_object_put(object);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

/* From here on a signal is a reason to undo. */
static int plug(struct command *command)
{
	struct attach *attach = &command->attach;
	int code, interrupt_fd = interrupt_open();

	if (interrupt_fd < 0)
		return command_fail(VMGRANT_INTERNAL, _("signals: cannot be waited for: %s"),
				    strerror(errno));
	attach->qmp.interrupt_fd = interrupt_fd;
	code = attach_plug(attach);
	if (code == VMGRANT_GRANTED)
		code = print_result(command);
	if (code == VMGRANT_GRANTED && attach->follows)
		code = attach->kind->attach->follow(attach, FOLLOW_PLUGGED);
	close(interrupt_fd);
	return code;
}

/* Not there yet, or in use. */
static int wait_for_first(struct command *command)
{
	struct attach *attach = &command->attach;
	int code, interrupt_fd = interrupt_open();

	if (interrupt_fd < 0)
		return command_fail(VMGRANT_INTERNAL, _("signals: cannot be waited for: %s"),
				    strerror(errno));
	attach->qmp.interrupt_fd = interrupt_fd;
	(void)command_fail(0, _("%s: waiting for it to be plugged in"), attach->id);
	code = print_result(command);
	if (code == VMGRANT_GRANTED)
		code = attach->kind->attach->follow(attach, FOLLOW_AWAY);
	close(interrupt_fd);
	return code;
}

/* Who follows a device can wait for it, unless it may not be had. */
static int plug_or_wait(struct command *command)
{
	struct attach *attach = &command->attach;
	int code;

	if (attach->follows && !attach->kind->attach->is_present(attach->thing))
		return wait_for_first(command);
	code = attach_ask(attach);
	if (code == VMGRANT_GRANTED)
		return plug(command);
	return code == VMGRANT_OBJECT && attach->follows ? wait_for_first(command) : code;
}

int command_attach(int argc, char **argv)
{
	struct command command = { 0 };
	struct attach *attach = &command.attach;
	int code = parse(&command, argc, argv);

	qmp_init(&attach->qmp);
	if (code < 0) {
		code = attach_open(attach);
		if (code == VMGRANT_GRANTED)
			code = plug_or_wait(&command);
	}
	attach_release(attach);
	return code;
}
