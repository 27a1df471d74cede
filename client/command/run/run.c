/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmgrant run: get network cards and devices and become the program that uses them. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/card.h"
#include "client/command/common/command.h"
#include "client/command/run/launch.h"
#include "client/command/run/run-device.h"

#define CARDS_MAX 32

struct run {
	const char *helper; /* NULL: the installed one */
	int is_dry;
	enum prompt prompt;
	char **arguments; /* of the program, with its name */
	enum launch_style style;
	size_t card_count;
	struct card cards[CARDS_MAX];
	struct run_devices devices;
};

static int print_help(void)
{
	fputs("usage: vmgrant run [--net BRIDGE[,OPTION...]]... [--usb ID]... [--vfio ADDRESS]...\n"
	      "                   [--dry-run] [--prompt|--no-prompt] [--helper PATH] --\n"
	      "                   PROGRAM [ARGUMENT...]\n"
	      "\n"
	      "Gets network cards on bridges, USB and PCI devices and becomes PROGRAM, which\n"
	      "finds them open. For qemu-system-* the options that use them are added; other\n"
	      "programs say where they want the cards.\n"
	      "\n"
	      "  --net BRIDGE       a card on this bridge; may be repeated\n"
	      "        ,queues=N        1 to 16, at most what the rule gives [1]\n"
	      "        ,vhost=on|off    packets by the kernel's vhost-net [off]\n"
	      "        ,mac=ADDRESS     of the guest's card [the same for the same command]\n"
	      "        ,model=NAME      of the card, for QEMU [virtio-net-pci]\n"
	      "        ,id=NAME         of the netdev, for QEMU [net0, net1...]\n"
	      "        ,bus=NAME        where QEMU puts the card [its choice]\n"
	      "  --usb ID           a USB device, as VID:PID or port; may be repeated\n"
	      "        VID:PID          as lsusb prints it\n"
	      "        BUS-PORT         where it is plugged in: 1-1.4\n"
	      "        bus=N,device=N   as lsusb counts them\n"
	      "        ,serial=TEXT     and of this serial number\n"
	      "  --vfio ADDRESS     a PCI device that is bound to VFIO; may be repeated\n"
	      "        ,memlock=SIZE    memory that may be locked [all that the rule gives]\n"
	      "        ,iommufd=off     by the IOMMU group, for QEMU before 9.0\n"
	      "        ,bus=NAME        where QEMU puts the device [its choice]\n"
	      "  --dry-run          print the command line; make nothing\n"
	      "  --prompt           let polkit ask for a password, by the agent of the desktop\n"
	      "                     or on the terminal [if the standard input is a terminal]\n"
	      "  --no-prompt        never let polkit ask\n"
	      "  --helper PATH      another vmgrant-helper\n"
	      "\n"
	      "Replaced in ARGUMENT, with N counted from 0 in the order of --net:\n"
	      "  {netN.fd} {netN.fds} {netN.vhostfds} {netN.mac} {netN.mtu} {netN.ifname}\n"
	      "\n"
	      "See vmgrant(1).\n",
	      stdout);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

/* ---- arguments ---- */

static int add_card(struct run *run, const char *text)
{
	struct card *card = &run->cards[run->card_count];
	char why[256];

	if (run->card_count == CARDS_MAX)
		return command_fail(VMGRANT_USAGE, "--net %.64s: more than %d cards", text,
				    CARDS_MAX);
	if (net_option_parse(text, &card->option, why, sizeof why) < 0)
		return command_fail(VMGRANT_USAGE, "--net: %s: try vmgrant run --help", why);
	if (card->option.id[0] == '\0')
		(void)snprintf(card->option.id, sizeof card->option.id, "net%zu", run->card_count);
	if (card_check(card) != VMGRANT_GRANTED)
		return VMGRANT_USAGE;
	run->card_count++;
	return VMGRANT_GRANTED;
}

static int check_ids(const struct run *run)
{
	for (size_t i = 0; i < run->card_count; i++) {
		for (size_t k = 0; k < i; k++) {
			if (strcmp(run->cards[i].option.id, run->cards[k].option.id) == 0)
				return command_fail(VMGRANT_USAGE, "--net: id %s: given twice",
						    run->cards[i].option.id);
		}
	}
	return VMGRANT_GRANTED;
}

static int check_program(struct run *run)
{
	char why[256];

	int has_devices = run->devices.usb_count + run->devices.vfio_count > 0;

	if (run->card_count == 0 && !has_devices)
		return command_fail(VMGRANT_USAGE, "run: nothing is asked for: --net, --usb and "
				    "--vfio do that: try vmgrant run --help");
	if (run->arguments[0] == NULL)
		return command_fail(VMGRANT_USAGE,
				    "run: PROGRAM is missing: try vmgrant run --help");
	if (launch_check(run->arguments, run->cards, run->card_count, why, sizeof why) < 0)
		return command_fail(VMGRANT_USAGE, "%s", why);
	run->style = launch_style(run->arguments);
	if (has_devices && !launch_is_qemu(run->arguments[0]))
		return command_fail(VMGRANT_USAGE, "%.256s: not a QEMU: --usb and --vfio are "
				    "for qemu-system-* only", run->arguments[0]);
	if (run->style == LAUNCH_UNKNOWN)
		return command_fail(VMGRANT_USAGE,
				    "%.256s: not a QEMU, and nothing says where the card goes: "
				    "put {net0.fd} where the program wants the file descriptor",
				    run->arguments[0]);
	return check_ids(run);
}

/* Returns -1 to go on, or the exit status. */
static int parse(struct run *run, int argc, char **argv)
{
	static const struct option options[] = {
		{ "net", required_argument, NULL, 'n' },  { "dry-run", no_argument, NULL, 'd' },
		{ "usb", required_argument, NULL, 'u' },  { "vfio", required_argument, NULL, 'v' },
		{ "helper", required_argument, NULL, 'H' }, { "prompt", no_argument, NULL, 'p' },
		{ "no-prompt", no_argument, NULL, 'q' },  { "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int code = VMGRANT_GRANTED, option;

	opterr = 0;
	while (code == VMGRANT_GRANTED &&
	       (option = getopt_long(argc, argv, "+:h", options, NULL)) >= 0) {
		if (option == 'h')
			return print_help();
		if (option == 'n')
			code = add_card(run, optarg);
		else if (option == 'u')
			code = run_devices_add_usb(&run->devices, optarg);
		else if (option == 'v')
			code = run_devices_add_vfio(&run->devices, optarg);
		else if (option == 'd')
			run->is_dry = 1;
		else if (option == 'H')
			run->helper = optarg;
		else if (option == 'p' || option == 'q')
			run->prompt = option == 'p' ? PROMPT_ALWAYS : PROMPT_NEVER;
		else
			code = command_fail_option("run", option, argv);
	}
	run->arguments = argv + optind;
	if (code == VMGRANT_GRANTED)
		code = check_program(run);
	return code == VMGRANT_GRANTED ? -1 : code;
}

/* ---- addresses ---- */

/*
 * The same command, started by the same person in the same folder of the same
 * machine, is taken for the same guest. So its address stays, and with it what
 * DHCP gave it.
 */
static void choose_mac(struct run *run, size_t index)
{
	struct net_option *option = &run->cards[index].option;
	char *folder = getcwd(NULL, 0);
	char *seed = card_seed(index, option->bridge, folder == NULL ? "" : folder);

	for (size_t i = 0; run->arguments[i] != NULL; i++) {
		text_append(&seed, "\n", 1);
		text_append(&seed, run->arguments[i], strlen(run->arguments[i]));
	}
	net_option_derive_mac(option->mac, seed, strlen(seed));
	free(seed);
	free(folder);
}

/* Does the guest learn the address from us? Only then may the port be locked to it. */
static int guest_gets_mac(const struct run *run, size_t index)
{
	return run->cards[index].option.has_mac || run->style == LAUNCH_QEMU ||
	       launch_names(run->arguments, index, "mac");
}

/* ---- asking ---- */

static int ask(struct run *run, struct vmgrant_connection *connection, size_t index)
{
	unsigned flags = prompt_flag(run->prompt, VMGRANT_TAP_INTERACTIVE);

	if (guest_gets_mac(run, index))
		flags |= VMGRANT_TAP_MAC;
	return card_ask(connection, &run->cards[index], flags);
}

/* What would be granted, by the rules alone. fds are counted from 3 for an example. */
static int ask_dry(struct run *run, struct vmgrant_connection *connection, size_t index, int *fd)
{
	struct card *card = &run->cards[index];
	struct vmgrant_offer offer = { .size = sizeof offer };
	enum vmgrant_code code = vmgrant_offer(connection, card->option.bridge, &offer);

	if (code != VMGRANT_GRANTED)
		return command_fail((int)code, "%s", vmgrant_error(connection));
	if (card->option.queues > offer.queues)
		return command_fail(VMGRANT_DENIED,
				    "bridge %s: %u queues: the rule gives %u: ask for fewer",
				    card->option.bridge, card->option.queues, offer.queues);
	if (card->option.vhost == NET_OPTION_VHOST_ON && (offer.flags & VMGRANT_PORT_VHOST) == 0)
		return command_fail(VMGRANT_DENIED,
				    "bridge %s: no vhost: the rule does not give it: "
				    "leave vhost=on out", card->option.bridge);
	card->tap.queues = card->option.queues;
	for (unsigned i = 0; i < card->tap.queues; i++)
		card->tap.queue_fds[i] = (*fd)++;
	card->tap.vhost_count = card->option.vhost == NET_OPTION_VHOST_ON ? card->tap.queues : 0;
	for (unsigned i = 0; i < card->tap.vhost_count; i++)
		card->tap.vhost_fds[i] = (*fd)++;
	card->tap.mtu_bytes = offer.mtu_bytes;
	return VMGRANT_GRANTED;
}

static unsigned device_flags(const struct run *run)
{
	return run->is_dry ? VMGRANT_DEVICE_QUERY
			   : prompt_flag(run->prompt, VMGRANT_DEVICE_INTERACTIVE);
}

static int ask_for_all(struct run *run)
{
	struct vmgrant_connection *connection = card_connect(run->helper, run->prompt);
	int code = VMGRANT_GRANTED, fd = 3;

	if (connection == NULL)
		return command_fail(VMGRANT_INTERNAL, "vmgrant-helper: cannot be started: %s",
				    strerror(errno));
	for (size_t i = 0; code == VMGRANT_GRANTED && i < run->card_count; i++) {
		if (!run->cards[i].option.has_mac)
			choose_mac(run, i);
		code = run->is_dry ? ask_dry(run, connection, i, &fd) : ask(run, connection, i);
	}
	if (code == VMGRANT_GRANTED)
		code = run_devices_ask(&run->devices, connection, device_flags(run), &fd);
	vmgrant_close(connection);
	return code;
}

/* ---- becoming the program ---- */

static int print_words(const struct words *words)
{
	for (size_t i = 0; i < words->count; i++) {
		char *quoted = text_shell_quote(words->items[i]);

		(void)printf("%s%s", i == 0 ? "" : " ", quoted);
		free(quoted);
	}
	putchar('\n');
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

static int keep_through_exec(const int *fds, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (fcntl(fds[i], F_SETFD, 0) < 0)
			return -1;
	}
	return 0;
}

static int become(const struct run *run, const struct words *words)
{
	int error, code;

	for (size_t i = 0; i < run->card_count; i++) {
		const struct vmgrant_tap *tap = &run->cards[i].tap;

		if (keep_through_exec(tap->queue_fds, tap->queues) < 0 ||
		    keep_through_exec(tap->vhost_fds, tap->vhost_count) < 0)
			return command_fail(VMGRANT_INTERNAL, "cannot hand over the cards: %s",
					    strerror(errno));
	}
	code = run_devices_hand_over(&run->devices, run->arguments);
	if (code != VMGRANT_GRANTED)
		return code;
	(void)execvp(words->items[0], words->items);
	error = errno;
	return command_fail(error == ENOENT ? COMMAND_NOT_FOUND : COMMAND_CANNOT_EXECUTE,
			    "%.256s: cannot be started: %s", words->items[0], strerror(error));
}

int command_run(int argc, char **argv)
{
	struct run run = { 0 };
	struct words words = { 0 };
	int code = parse(&run, argc, argv);

	if (code >= 0)
		return code;
	code = ask_for_all(&run);
	if (code != VMGRANT_GRANTED)
		return code;
	launch_build(run.arguments, run.style, run.cards, run.card_count, &words);
	launch_add_usb(run.devices.usb, run.devices.usb_count, &words);
	launch_add_vfio(run.devices.vfio, run.devices.vfio_count, &words);
	code = run.is_dry ? print_words(&words) : become(&run, &words);
	words_release(&words);
	return code;
}
