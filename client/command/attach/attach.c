/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant attach: a network card, a USB device or a disk for a QEMU that runs already. */
#include "client/command/attach/attach.h"

#include <errno.h>
#include <getopt.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/attach/follow.h"
#include "client/command/common/interrupt.h"
#include "client/command/common/usb-present.h"
#include "client/command/attach/qmp-command.h"
#include "client/qmp/device.h"

enum output { OUTPUT_TEXT = 0, OUTPUT_JSON };

struct command {
	struct attach attach;
	enum output output;
	int follows;
};

static int print_help(void)
{
	fputs("usage: vmgrant attach --qmp SOCKET --net BRIDGE[,OPTION...] [--id ID] [--json]\n"
	      "                      [--prompt|--no-prompt] [--helper PATH]\n"
	      "                      [--door auto|setuid|socket]\n"
	      "       vmgrant attach --qmp SOCKET --usb ID [--follow] ...\n"
	      "       vmgrant attach --qmp SOCKET --disk NAME[,OPTION...] ...\n"
	      "\n"
	      "Gets a network card on a bridge, a USB device or a disk and plugs it into a QEMU\n"
	      "that runs already. Prints its id, for vmgrant detach. What fails is undone.\n"
	      "\n"
	      "  --qmp SOCKET       of QEMU's -qmp unix:SOCKET,server=on,wait=off\n"
	      "  --net BRIDGE       a card on this bridge\n"
	      "        ,queues=N        1 to 16, at most what the rule gives [1]\n"
	      "        ,vhost=on|off    packets by the kernel's vhost-net [off]\n"
	      "        ,vnet=on|off     the virtio-net header before each frame [on]\n"
	      "        ,mac=ADDRESS     of the guest's card [the same for the same guest and id]\n"
	      "        ,model=NAME      of the card, for QEMU [what fits the machine]\n"
	      "        ,bus=NAME        where QEMU puts the card [the last that takes it]\n"
	      "  --usb ID           a USB device, see vmgrant run --help\n"
	      "  --disk NAME        a disk, partition or volume, see vmgrant run --help\n"
	      "  --follow           stay, and plug it in whenever it comes\n"
	      "  --id ID            of the card or device in QEMU [vmgrant0, vmgrant1...]\n"
	      "  --json             print an object\n"
	      "  --prompt           let polkit ask for a password, by the agent of the desktop\n"
	      "                     or on the terminal [if the standard input is a terminal]\n"
	      "  --no-prompt        never let polkit ask\n"
	      "  --helper PATH      another vmgrant-helper\n"
	      "  --door WAY         setuid: start the helper; socket: ask the service [auto: the\n"
	      "                     helper, and the service where setuid has no effect]\n"
	      "\n"
	      "See vmgrant(1).\n",
	      stdout);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

/* ---- arguments ---- */

static int take_net(struct attach *attach, const char *text)
{
	char why[256];

	if (attach->kind != ATTACH_NOTHING)
		return command_fail(VMGRANT_USAGE, "attach: --net, --usb, --disk: one at a time");
	if (net_option_parse(text, &attach->card.option, why, sizeof why) < 0)
		return command_fail(VMGRANT_USAGE, "--net: %s: try vmgrant attach --help", why);
	if (attach->card.option.id[0] != '\0')
		return command_fail(VMGRANT_USAGE, "--net: id=%s: use --id", attach->card.option.id);
	attach->kind = ATTACH_NET;
	return card_check(&attach->card);
}

static int take_usb(struct attach *attach, const char *text)
{
	char why[256];

	if (attach->kind != ATTACH_NOTHING)
		return command_fail(VMGRANT_USAGE, "attach: --net, --usb, --disk: one at a time");
	if (usb_option_parse(text, &attach->usb_option, why, sizeof why) < 0)
		return command_fail(VMGRANT_USAGE, "--usb: %s", why);
	if (attach->usb_option.optional)
		return command_fail(VMGRANT_USAGE, "--usb %.64s: optional is for vmgrant run", text);
	attach->kind = ATTACH_USB;
	return VMGRANT_GRANTED;
}

/* The block device that stands on it gets a name made of the id, and QEMU's are short. */
static int check_disk_id(const struct attach *attach)
{
	char node[QMP_NODE_SIZE];

	qmp_disk_node(node, attach->id);
	if (strlen(node) <= DISK_OPTION_NODE_MAX)
		return VMGRANT_GRANTED;
	return command_fail(VMGRANT_USAGE, "--id %.64s: of a disk at most %d characters",
			    attach->id, DISK_OPTION_NODE_MAX - (int)strlen(QMP_DEVICE_PREFIX));
}

static int take_disk(struct attach *attach, const char *text)
{
	char why[256];

	if (attach->kind != ATTACH_NOTHING)
		return command_fail(VMGRANT_USAGE, "attach: --net, --usb, --disk: one at a time");
	if (disk_option_parse(text, &attach->disk_option, why, sizeof why) < 0)
		return command_fail(VMGRANT_USAGE, "--disk: %s", why);
	attach->kind = ATTACH_DISK;
	return VMGRANT_GRANTED;
}

static int take_id(struct attach *attach, const char *text)
{
	if (!qmp_command_is_id(text))
		return command_fail(VMGRANT_USAGE, "--id %.64s: must begin with a letter and have "
				    "only letters, digits, - . _, at most %d", text,
				    QMP_DEVICE_ID_MAX - 1);
	memcpy(attach->id, text, strlen(text) + 1);
	return VMGRANT_GRANTED;
}

static int check(struct command *command, char *const rest[])
{
	if (command->attach.socket == NULL)
		return command_fail(VMGRANT_USAGE, "attach: --qmp SOCKET is missing: "
				    "try vmgrant attach --help");
	if (command->attach.kind == ATTACH_NOTHING)
		return command_fail(VMGRANT_USAGE, "attach: --net BRIDGE, --usb ID or --disk NAME is missing: "
				    "try vmgrant attach --help");
	command->follows |= command->attach.usb_option.follow;
	if (command->follows && command->attach.kind != ATTACH_USB)
		return command_fail(VMGRANT_USAGE, "attach: --follow: only for --usb");
	if (command->attach.kind == ATTACH_DISK &&
	    check_disk_id(&command->attach) != VMGRANT_GRANTED)
		return VMGRANT_USAGE;
	if (rest[0] != NULL)
		return command_fail(VMGRANT_USAGE, "attach: %.64s: takes no argument: "
				    "try vmgrant attach --help", rest[0]);
	return VMGRANT_GRANTED;
}

static int take_option(struct command *command, int option)
{
	struct attach *attach = &command->attach;

	switch (option) {
	case 'Q':
		attach->socket = optarg;
		break;
	case 'n':
		return take_net(attach, optarg);
	case 'u':
		return take_usb(attach, optarg);
	case 'D':
		return take_disk(attach, optarg);
	case 'f':
		command->follows = 1;
		break;
	case 'i':
		return take_id(attach, optarg);
	case 'j':
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
	static const struct option options[] = {
		{ "qmp", required_argument, NULL, 'Q' },    { "net", required_argument, NULL, 'n' },
		{ "usb", required_argument, NULL, 'u' },    { "follow", no_argument, NULL, 'f' },
		{ "id", required_argument, NULL, 'i' },     { "json", no_argument, NULL, 'j' },
		{ "helper", required_argument, NULL, 'H' }, { "prompt", no_argument, NULL, 'p' },
		{ "no-prompt", no_argument, NULL, 'q' },    { "help", no_argument, NULL, 'h' },
		{ "disk", required_argument, NULL, 'D' },   { "door", required_argument, NULL, 'w' },
		{ 0 },
	};
	int code = VMGRANT_GRANTED, option;

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
		code = check(command, argv + optind);
	return code == VMGRANT_GRANTED ? -1 : code;
}

/* ---- the way of it ---- */

static void describe_card(const struct attach *attach, json_object *object)
{
	const struct net_option *option = &attach->card.option;
	char netdev[QMP_NETDEV_SIZE], mac[NET_OPTION_MAC_TEXT_SIZE];

	qmp_net_name(netdev, attach->id);
	qmp_add_argument(object, "netdev", netdev);
	qmp_add_argument(object, "mac", net_option_format_mac(mac, option->mac));
	qmp_add_argument(object, "bridge", option->bridge);
	qmp_add_argument(object, "port", attach->card.tap.port);
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
	if (attach->kind == ATTACH_NET)
		describe_card(attach, object);
	else
		qmp_add_argument(object, "node", attach->kind == ATTACH_USB ? attach->usb.node
									    : attach->disk.node);
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
		return command_fail(VMGRANT_INTERNAL, "signals: cannot be waited for: %s",
				    strerror(errno));
	attach->qmp.interrupt_fd = interrupt_fd;
	code = attach_plug(attach);
	if (code == VMGRANT_GRANTED)
		code = print_result(command);
	if (code == VMGRANT_GRANTED && command->follows)
		code = follow(attach, FOLLOW_PLUGGED);
	close(interrupt_fd);
	return code;
}

/* Not there yet, or in use. */
static int wait_for_first(struct command *command)
{
	struct attach *attach = &command->attach;
	int code, interrupt_fd = interrupt_open();

	if (interrupt_fd < 0)
		return command_fail(VMGRANT_INTERNAL, "signals: cannot be waited for: %s",
				    strerror(errno));
	attach->qmp.interrupt_fd = interrupt_fd;
	(void)command_fail(0, "%s: waiting for it to be plugged in", attach->id);
	code = print_result(command);
	if (code == VMGRANT_GRANTED)
		code = follow(attach, FOLLOW_AWAY);
	close(interrupt_fd);
	return code;
}

/* Who follows a device can wait for it, unless it may not be had. */
static int plug_or_wait(struct command *command)
{
	struct attach *attach = &command->attach;
	int code;

	if (command->follows && !usb_present("", &attach->usb_option))
		return wait_for_first(command);
	code = attach_ask(attach);
	if (code == VMGRANT_GRANTED)
		return plug(command);
	return code == VMGRANT_OBJECT && command->follows ? wait_for_first(command) : code;
}

int command_attach(int argc, char **argv)
{
	struct command command = { 0 };
	struct attach *attach = &command.attach;
	int code = parse(&command, argc, argv);

	if (code >= 0)
		return code;
	qmp_init(&attach->qmp);
	code = attach_open(attach);
	if (code == VMGRANT_GRANTED)
		code = plug_or_wait(&command);
	attach_release(attach);
	return code;
}
