/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant run: get network cards and devices and become the program that uses them. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/run/run-follow.h"
#include "client/command/run/run.h"

static int print_help(void)
{
	fputs("usage: vmgrant run [--net BRIDGE[,OPTION...]]... [--usb ID]... [--vfio ADDRESS]...\n"
	      "                   [--disk NAME[,OPTION...]]... [--qemu] [--dry-run]\n"
	      "                   [--prompt|--no-prompt] [--helper PATH]\n"
	      "                   [--door auto|setuid|socket] --\n"
	      "                   PROGRAM [ARGUMENT...]\n"
	      "\n"
	      "Gets network cards on bridges, USB and PCI devices and disks and becomes PROGRAM,\n"
	      "which finds them open. For QEMU the options that use them are added; other programs\n"
	      "say where they want the cards.\n"
	      "\n"
	      "  --net BRIDGE       a card on this bridge; may be repeated\n"
	      "        ,queues=N        1 to 16, at most what the rule gives [1]\n"
	      "        ,vhost=on|off    packets by the kernel's vhost-net [off]\n"
	      "        ,vnet=on|off     the virtio-net header before each frame [on]\n"
	      "        ,mac=ADDRESS     of the guest's card [the same for the same guest: by\n"
	      "                         QEMU's -uuid, -name, or the whole command]\n"
	      "        ,model=NAME      of the card, for QEMU [what fits the machine]\n"
	      "        ,id=NAME         of the netdev, for QEMU [vmgrant-net0...]\n"
	      "        ,bus=NAME        where QEMU puts the card [its choice]\n"
	      "  --usb ID           a USB device, as VID:PID or port; may be repeated\n"
	      "        VID:PID          as lsusb prints it\n"
	      "        BUS-PORT         where it is plugged in: 1-1.4\n"
	      "        bus=N,device=N   as lsusb counts them\n"
	      "        ,optional        start without it if it is not there\n"
	      "        ,follow          plug it in whenever it comes, while QEMU runs\n"
	      "        ,serial=TEXT     and of this serial number; comes last\n"
	      "  --vfio ADDRESS     a PCI device that is bound to VFIO; may be repeated\n"
	      "        ,memlock=SIZE    memory that may be locked [all that the rule gives]\n"
	      "        ,iommufd=off     by the IOMMU group, for QEMU before 9.0\n"
	      "        ,bus=NAME        where QEMU puts the device [its choice]\n"
	      "  --disk NAME        a disk, partition or volume; may be repeated\n"
	      "        ,ro              for reading alone\n"
	      "        ,if=virtio|scsi  how the guest sees it [virtio]\n"
	      "        ,cache=MODE      as QEMU's -drive calls it [none]\n"
	      "        ,bus=NAME        where QEMU puts it [its choice]\n"
	      "  --qemu             PROGRAM is QEMU or starts it, whatever its name is\n"
	      "  --dry-run          print the command line; make nothing\n"
	      "  --prompt           let polkit ask for a password, by the agent of the desktop\n"
	      "                     or on the terminal [if the standard input is a terminal]\n"
	      "  --no-prompt        never let polkit ask\n"
	      "  --helper PATH      another vmgrant-helper\n"
	      "  --door WAY         setuid: start the helper; socket: ask the service [auto: the\n"
	      "                     helper, and the service where setuid has no effect]\n"
	      "\n"
	      "Replaced in ARGUMENT, with N counted from 0 in the order of --net:\n"
	      "  {netN.fd} {netN.fds} {netN.vhostfds} {netN.mac} {netN.mtu} {netN.ifname}\n"
	      "\n"
	      "See vmgrant(1).\n",
	      stdout);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

/* ---- arguments ---- */

static int check_program(struct run *run)
{
	int code, has_devices = run->devices.usb_count + run->devices.vfio_count +
					run->disks.count > 0;
	char why[256];

	if (run->card_count == 0 && !has_devices)
		return command_fail(VMGRANT_USAGE, "run: specify at least one of --net, --usb, "
				    "--vfio, --disk: try vmgrant run --help");
	if (run->arguments[0] == NULL)
		return command_fail(VMGRANT_USAGE,
				    "run: PROGRAM is missing: try vmgrant run --help");
	run_learn_program(run);
	code = run_prepare_cards(run);
	if (code != VMGRANT_GRANTED)
		return code;
	if (launch_check(run->arguments, run->cards, run->card_count, why, sizeof why) < 0)
		return command_fail(VMGRANT_USAGE, "%s", why);
	if (has_devices && !run->qemu.is_qemu)
		return command_fail(VMGRANT_USAGE, "%.256s: not a QEMU: --usb, --vfio and --disk "
				    "are for qemu-system-* only: if it starts one, add --qemu",
				    run->arguments[0]);
	if (run->style == LAUNCH_UNKNOWN)
		return command_fail(VMGRANT_USAGE,
				    "%.256s: not a QEMU, and nothing says where the card goes: "
				    "put {net0.fd} where the program wants the file descriptor, "
				    "or add --qemu if it is one", run->arguments[0]);
	return run_learn_qemu(run);
}

/* Returns -1 to go on, or the exit status. */
static int parse(struct run *run, int argc, char **argv)
{
	static const struct option options[] = {
		{ "net", required_argument, NULL, 'n' },  { "dry-run", no_argument, NULL, 'd' },
		{ "usb", required_argument, NULL, 'u' },  { "vfio", required_argument, NULL, 'v' },
		{ "helper", required_argument, NULL, 'H' }, { "prompt", no_argument, NULL, 'p' },
		{ "no-prompt", no_argument, NULL, 'q' },  { "help", no_argument, NULL, 'h' },
		{ "qemu", no_argument, NULL, 'k' },	  { "door", required_argument, NULL, 'w' },
		{ "disk", required_argument, NULL, 'D' },
		{ 0 },
	};
	int code = VMGRANT_GRANTED, option;

	opterr = 0;
	while (code == VMGRANT_GRANTED &&
	       (option = getopt_long(argc, argv, "+:h", options, NULL)) >= 0) {
		if (option == 'h')
			return print_help();
		if (option == 'n')
			code = run_add_card(run, optarg);
		else if (option == 'u')
			code = run_devices_add_usb(&run->devices, optarg);
		else if (option == 'v')
			code = run_devices_add_vfio(&run->devices, optarg);
		else if (option == 'D')
			code = run_disks_add(&run->disks, optarg);
		else if (option == 'd')
			run->is_dry = 1;
		else if (option == 'k')
			run->says_qemu = 1;
		else if (option == 'H')
			run->helper = optarg;
		else if (option == 'w')
			code = command_set_door(optarg);
		else if (option == 'p' || option == 'q')
			run->prompt = option == 'p' ? PROMPT_ALWAYS : PROMPT_NEVER;
		else
			code = command_fail_unknown("run", option, argv, options);
	}
	run->arguments = argv + optind;
	if (code == VMGRANT_GRANTED)
		code = check_program(run);
	return code == VMGRANT_GRANTED ? -1 : code;
}

/* ---- asking ---- */

static unsigned device_flags(const struct run *run)
{
	return run->is_dry ? VMGRANT_DEVICE_QUERY
			   : prompt_flag(run->prompt, VMGRANT_DEVICE_INTERACTIVE);
}

static int ask_for_all(struct run *run, int *fd)
{
	struct vmgrant_connection *connection = card_connect(run->helper, run->prompt);
	int code = VMGRANT_GRANTED;

	if (connection == NULL)
		return command_fail(VMGRANT_INTERNAL, "vmgrant-helper: cannot be started: %s",
				    strerror(errno));
	for (size_t i = 0; code == VMGRANT_GRANTED && i < run->card_count; i++)
		code = run_ask_card(run, connection, i, fd);
	if (code == VMGRANT_GRANTED)
		code = run_devices_ask(&run->devices, connection, device_flags(run), fd);
	if (code == VMGRANT_GRANTED)
		code = run_disks_ask(&run->disks, connection, device_flags(run), fd);
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

static int become(struct run *run, const struct words *words)
{
	int error, code;

	for (size_t i = 0; i < run->card_count; i++) {
		const struct vmgrant_tap *tap = &run->cards[i].tap;

		if (keep_through_exec(tap->queue_fds, tap->queues) < 0 ||
		    keep_through_exec(tap->vhost_fds, tap->vhost_count) < 0)
			return command_fail(VMGRANT_INTERNAL, "cannot hand over the cards: %s",
					    strerror(errno));
	}
	code = run_disks_hand_over(&run->disks);
	if (code == VMGRANT_GRANTED)
		code = run_follow_start(run);
	if (code == VMGRANT_GRANTED)
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
	int code = parse(&run, argc, argv), fd = 3;

	if (code >= 0)
		return code;
	code = ask_for_all(&run, &fd);
	if (code != VMGRANT_GRANTED)
		return code;
	launch_build(run.arguments, run.style, &run.qemu, run.cards, run.card_count, &words);
	launch_add_usb(run.devices.usb, run.devices.usb_count, run.arguments, &run.qemu, &words);
	launch_add_vfio(run.devices.vfio, run.devices.vfio_count, run.arguments, &run.qemu,
			&words);
	run_disks_launch(&run.disks, run.arguments, &run.qemu, &words);
	code = run_follow_add(&run, &words, &fd);
	if (code == VMGRANT_GRANTED)
		code = run.is_dry ? print_words(&words) : become(&run, &words);
	words_release(&words);
	return code;
}
