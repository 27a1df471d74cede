/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmgrant attach: a network card for a QEMU that runs already. */
#include <errno.h>
#include <getopt.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/card.h"
#include "client/command.h"
#include "client/interrupt.h"
#include "client/qmp-command.h"
#include "client/qmp-device.h"
#include "client/qmp-net.h"

/* For each answer. A QEMU that is slower has been stopped. */
#define UNDO_TIMEOUT_MS 10000
#define UNDO_CONNECTIONS 10
#define UNDO_PAUSE_MS 100

struct attach {
	const char *socket;
	const char *helper; /* NULL: the installed one */
	int is_json;
	enum prompt prompt;
	struct card card;   /* its bridge is "" until --net came */
	struct qmp_net net;
	struct qmp qmp;
};

static int print_help(void)
{
	fputs("usage: vmgrant attach --qmp SOCKET --net BRIDGE[,OPTION...] [--id ID] [--json]\n"
	      "                      [--prompt|--no-prompt] [--helper PATH]\n"
	      "\n"
	      "Gets a network card on a bridge and plugs it into a QEMU that runs already.\n"
	      "Prints the id of the card, for vmgrant detach. What fails is undone.\n"
	      "\n"
	      "  --qmp SOCKET       of QEMU's -qmp unix:SOCKET,server=on,wait=off\n"
	      "  --net BRIDGE       a card on this bridge\n"
	      "        ,queues=N        1 to 16, at most what the rule gives [1]\n"
	      "        ,vhost=on|off    packets by the kernel's vhost-net [off]\n"
	      "        ,mac=ADDRESS     of the guest's card [the same for the same guest and id]\n"
	      "        ,model=NAME      of the card, for QEMU [virtio-net-pci]\n"
	      "        ,bus=NAME        where QEMU puts the card [one that takes it]\n"
	      "  --id ID            of the card in QEMU [vmgrant0, vmgrant1...]\n"
	      "  --json             print an object\n"
	      "  --prompt           let polkit ask for a password, by the agent of the desktop\n"
	      "                     or on the terminal [if the standard input is a terminal]\n"
	      "  --no-prompt        never let polkit ask\n"
	      "  --helper PATH      another vmgrant-helper\n"
	      "\n"
	      "See vmgrant(1).\n",
	      stdout);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

/* ---- arguments ---- */

static int take_net(struct attach *attach, const char *text)
{
	char why[256];

	if (attach->card.option.bridge[0] != '\0')
		return command_fail(VMGRANT_USAGE, "attach: --net: one at a time");
	if (net_option_parse(text, &attach->card.option, why, sizeof why) < 0)
		return command_fail(VMGRANT_USAGE, "--net: %s: try vmgrant attach --help", why);
	if (attach->card.option.id[0] != '\0')
		return command_fail(VMGRANT_USAGE, "--net: id=%s: use --id", attach->card.option.id);
	return card_check(&attach->card);
}

static int take_id(struct attach *attach, const char *text)
{
	if (!qmp_command_is_id(text))
		return command_fail(VMGRANT_USAGE, "--id %.64s: must begin with a letter and have "
				    "only letters, digits, - . _, at most %d", text,
				    QMP_DEVICE_ID_MAX - 1);
	memcpy(attach->net.id, text, strlen(text) + 1);
	return VMGRANT_GRANTED;
}

static int check(const struct attach *attach, char *const rest[])
{
	if (attach->socket == NULL)
		return command_fail(VMGRANT_USAGE, "attach: --qmp SOCKET is missing: "
				    "try vmgrant attach --help");
	if (attach->card.option.bridge[0] == '\0')
		return command_fail(VMGRANT_USAGE, "attach: --net BRIDGE is missing: "
				    "try vmgrant attach --help");
	if (rest[0] != NULL)
		return command_fail(VMGRANT_USAGE, "attach: %.64s: takes no argument: "
				    "try vmgrant attach --help", rest[0]);
	return VMGRANT_GRANTED;
}

static int take_option(struct attach *attach, int option, char **argv)
{
	switch (option) {
	case 'Q':
		attach->socket = optarg;
		break;
	case 'n':
		return take_net(attach, optarg);
	case 'i':
		return take_id(attach, optarg);
	case 'j':
		attach->is_json = 1;
		break;
	case 'H':
		attach->helper = optarg;
		break;
	case 'p':
	case 'q':
		attach->prompt = option == 'p' ? PROMPT_ALWAYS : PROMPT_NEVER;
		break;
	default:
		return command_fail_option("attach", option, argv);
	}
	return VMGRANT_GRANTED;
}

/* Returns -1 to go on, or the exit status. */
static int parse(struct attach *attach, int argc, char **argv)
{
	static const struct option options[] = {
		{ "qmp", required_argument, NULL, 'Q' },    { "net", required_argument, NULL, 'n' },
		{ "id", required_argument, NULL, 'i' },     { "json", no_argument, NULL, 'j' },
		{ "helper", required_argument, NULL, 'H' }, { "prompt", no_argument, NULL, 'p' },
		{ "no-prompt", no_argument, NULL, 'q' },    { "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int code = VMGRANT_GRANTED, option;

	opterr = 0;
	while (code == VMGRANT_GRANTED &&
	       (option = getopt_long(argc, argv, "+:h", options, NULL)) >= 0) {
		if (option == 'h')
			return print_help();
		code = take_option(attach, option, argv);
	}
	if (code == VMGRANT_GRANTED)
		code = check(attach, argv + optind);
	return code == VMGRANT_GRANTED ? -1 : code;
}

/* ---- asking ---- */

/* The same guest has its monitor in the same place and its card under the same id. */
static void choose_mac(struct attach *attach)
{
	struct net_option *option = &attach->card.option;
	char *path = realpath(attach->socket, NULL);
	char *seed = card_seed(0, option->bridge, path == NULL ? attach->socket : path);

	text_append(&seed, "\n", 1);
	text_append(&seed, attach->net.id, strlen(attach->net.id));
	net_option_derive_mac(option->mac, seed, strlen(seed));
	free(seed);
	free(path);
}

static int ask(struct attach *attach)
{
	struct vmgrant_connection *connection = card_connect(attach->helper, attach->prompt);
	int code;

	if (connection == NULL)
		return command_fail(VMGRANT_INTERNAL, "vmgrant-helper: cannot be started: %s",
				    strerror(errno));
	if (!attach->card.option.has_mac)
		choose_mac(attach);
	code = card_ask(connection, &attach->card,
			VMGRANT_TAP_MAC | prompt_flag(attach->prompt, VMGRANT_TAP_INTERACTIVE));
	vmgrant_close(connection);
	return code;
}

/* ---- plugging in ---- */

/*
 * QEMU keeps files and netdevs when a connection ends, so a broken one is made
 * anew. *gone_out is 1 if that QEMU has ended, and with it all that it had; while
 * it ends, its socket may take a connection that leads nowhere.
 */
static enum qmp_result undo(struct attach *attach, int *gone_out)
{
	struct qmp *qmp = &attach->qmp;
	enum qmp_result result;

	*gone_out = 0;
	qmp->interrupt_fd = -1;
	qmp->timeout_ms = UNDO_TIMEOUT_MS;
	result = qmp_net_undo(qmp, &attach->net);
	for (int i = 0; result == QMP_LOST && i < UNDO_CONNECTIONS; i++) {
		(void)poll(NULL, 0, i == 0 ? 0 : UNDO_PAUSE_MS);
		result = qmp_open(qmp, attach->socket, gone_out);
		if (*gone_out)
			return QMP_DONE;
		if (result == QMP_DONE)
			result = qmp_net_undo(qmp, &attach->net);
	}
	return result;
}

static int undo_and_say(struct attach *attach, enum qmp_result result)
{
	int gone, code = qmp_command_code(&attach->qmp, result);
	char *why = text_format("%s", attach->qmp.error);
	const char *id = attach->net.id;
	enum qmp_result undone;

	if (result == QMP_LOST)
		qmp_close(&attach->qmp);
	undone = undo(attach, &gone);
	if (gone)
		(void)command_fail(code, "%s: cannot be plugged in: %s: QEMU has ended", id, why);
	else if (undone == QMP_DONE)
		(void)command_fail(code, "%s: cannot be plugged in: %s: all is undone", id, why);
	else if (undone == QMP_REFUSED)
		code = command_fail(COMMAND_LEFT, "%s: cannot be plugged in: %s: not all can be "
				    "undone: %s", id, why, attach->qmp.error);
	else
		code = command_fail(COMMAND_LEFT, "%s: cannot be plugged in: %s: cannot be undone: "
				    "%s: QEMU may keep the port %s: vmgrant detach %s, or end QEMU",
				    id, why, attach->qmp.error, attach->card.tap.port, id);
	free(why);
	return code;
}

static int print_result(const struct attach *attach)
{
	const struct net_option *option = &attach->card.option;
	char netdev[QMP_NETDEV_SIZE], mac[NET_OPTION_MAC_TEXT_SIZE];
	json_object *object;

	if (!attach->is_json) {
		(void)puts(attach->net.id);
		return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
	}
	qmp_net_name(netdev, attach->net.id);
	object = qmp_argument("id", attach->net.id);
	qmp_add_argument(object, "netdev", netdev);
	qmp_add_argument(object, "mac", net_option_format_mac(mac, option->mac));
	qmp_add_argument(object, "bridge", option->bridge);
	qmp_add_argument(object, "port", attach->card.tap.port);
	(void)puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
								  JSON_C_TO_STRING_NOSLASHESCAPE));
	(void)json_object_put(object);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

/* From here on a signal is a reason to undo. */
static int plug(struct attach *attach)
{
	int interrupt_fd = interrupt_open();
	enum qmp_result result;
	int code;

	if (interrupt_fd < 0)
		return command_fail(VMGRANT_INTERNAL, "signals: cannot be waited for: %s",
				    strerror(errno));
	attach->qmp.interrupt_fd = interrupt_fd;
	result = qmp_net_plug(&attach->qmp, &attach->net);
	code = result == QMP_DONE ? print_result(attach) : undo_and_say(attach, result);
	close(interrupt_fd);
	return code;
}

static int attach_card(struct attach *attach)
{
	enum qmp_result result = qmp_device_choose_id(&attach->qmp, attach->net.id);
	int code;

	if (result != QMP_DONE)
		return command_fail(qmp_command_code(&attach->qmp, result), "%s: %s",
				    attach->net.id[0] == '\0' ? "QEMU" : attach->net.id,
				    attach->qmp.error);
	code = ask(attach);
	if (code == VMGRANT_GRANTED)
		code = plug(attach);
	return code;
}

int command_attach(int argc, char **argv)
{
	struct attach attach = { 0 };
	int code = parse(&attach, argc, argv);

	if (code >= 0)
		return code;
	attach.net.card = &attach.card;
	qmp_init(&attach.qmp);
	code = qmp_command_open(&attach.qmp, attach.socket);
	if (code == VMGRANT_GRANTED)
		code = attach_card(&attach);
	vmgrant_tap_close(&attach.card.tap);
	qmp_close(&attach.qmp);
	return code;
}
