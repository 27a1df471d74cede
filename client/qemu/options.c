/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * QEMU's options: how the argument of each is read. Runs as the person.
 *
 * Those of qemu-options.hx of 7.2 to 10.0, for all machines.
 */
#include "client/qemu/options.h"

#include <string.h>

#include "client/text/message.h"
#include "client/text/text.h"

static void display_read(struct reading *reading, const char *argument)
{
	struct pairs pairs = { 0 };
	struct qemu_place place = reading_place(reading, argument);
	int is_vnc = strncmp(argument, "vnc=", 4) == 0;

	if (is_vnc)
		pairs_read_list(&pairs, argument + 4, "vnc", (struct qemu_place){ .word = -1 });
	else if (*argument != '{')
		pairs_read_list(&pairs, argument, "type", place);
	else if (pairs_read_json(&pairs, argument, place) < 0)
		reading_doubt(reading, argument, N_("not JSON that can be read"));
	group_read(reading, is_vnc ? "vnc" : "display", &pairs);
	pairs_release(&pairs);
}

#define NONE(name)                                                                                 \
	{                                                                                          \
		name, ARGUMENT_NONE, QEMU_USE_READ, 0, NULL, NULL, NULL                            \
	}
#define OTHER(name)                                                                                \
	{                                                                                          \
		name, ARGUMENT_OTHER, QEMU_USE_READ, 0, NULL, NULL, NULL                           \
	}
#define PATH(name, use, take)                                                                      \
	{                                                                                          \
		name, ARGUMENT_PATH, use, take, NULL, NULL, NULL                                   \
	}
#define DISK(name, take)                                                                           \
	{                                                                                          \
		name, ARGUMENT_DISK, QEMU_USE_READ_WRITE, take, NULL, NULL, NULL                   \
	}
#define PAIRS(name, group, first)                                                                  \
	{                                                                                          \
		name, ARGUMENT_PAIRS, QEMU_USE_READ, 0, group, first, NULL                         \
	}
#define CHARDEV(name)                                                                              \
	{                                                                                          \
		name, ARGUMENT_CHARDEV, QEMU_USE_READ, 0, NULL, NULL, NULL                         \
	}
#define SPECIAL(name, read)                                                                        \
	{                                                                                          \
		name, ARGUMENT_SPECIAL, QEMU_USE_READ, 0, NULL, NULL, read                         \
	}

static const struct option OPTIONS[] = {
	/* clang-format off */
	/* The guest's disks, and what it boots. */
	PAIRS("-blockdev", "blockdev", "driver"),
	PAIRS("-drive", "drive", NULL),
	DISK("-hda", 0), DISK("-hdb", 0), DISK("-hdc", 0), DISK("-hdd", 0),
	DISK("-cdrom", TAKE_READ_ONLY),
	DISK("-fda", 0), DISK("-fdb", 0),
	DISK("-mtdblock", 0), DISK("-sd", 0), DISK("-pflash", 0),
	PATH("-bios", QEMU_USE_READ, TAKE_SEARCHED),
	PATH("-kernel", QEMU_USE_READ, 0),
	PATH("-shim", QEMU_USE_READ, 0),
	PATH("-dtb", QEMU_USE_READ, 0),
	SPECIAL("-initrd", initrd_read),
	PAIRS("-option-rom", "option-rom", "romfile"),
	PAIRS("-acpitable", "acpi", NULL),
	PAIRS("-smbios", "smbios", NULL),
	PAIRS("-fw_cfg", "fw_cfg", "name"),
	PAIRS("-boot", "boot-opts", "order"),
	OTHER("-append"), OTHER("-loadvm"), OTHER("-prom-env"),

	/* Machine, devices and what is behind them. */
	PAIRS("-machine", "machine", "type"),
	PAIRS("-M", "machine", "type"),
	PAIRS("-accel", "accel", "accel"),
	PAIRS("-device", "device", "driver"),
	PAIRS("-object", "object", "qom-type"),
	PAIRS("-global", "global", NULL),
	SPECIAL("-set", set_read),
	PAIRS("-chardev", "chardev", "backend"),
	CHARDEV("-serial"), CHARDEV("-parallel"), CHARDEV("-monitor"), CHARDEV("-qmp"),
	CHARDEV("-qmp-pretty"), CHARDEV("-debugcon"), CHARDEV("-gdb"), CHARDEV("-qtest"),
	PATH("-qtest-log", QEMU_USE_MAKE, 0),
	PAIRS("-netdev", "netdev", "type"),
	PAIRS("-nic", "nic", "type"),
	PAIRS("-net", "net", "type"),
	PAIRS("-fsdev", "fsdev", "fsdriver"),
	PAIRS("-virtfs", "virtfs", "fsdriver"),
	PAIRS("-tpmdev", "tpmdev", "type"),
	PAIRS("-audiodev", "audiodev", "driver"),
	PAIRS("-audio", "audio", "driver"),
	PAIRS("-spice", "spice", NULL),
	PAIRS("-vnc", "vnc", "vnc"),
	SPECIAL("-display", display_read),
	PAIRS("-mon", "mon", "chardev"),
	PATH("-mem-path", QEMU_USE_MAKE, 0),
	OTHER("-cpu"), OTHER("-smp"), OTHER("-numa"), OTHER("-m"), OTHER("-memory"), OTHER("-k"),
	OTHER("-name"), OTHER("-uuid"), OTHER("-vga"), OTHER("-g"), OTHER("-rotate"),
	OTHER("-soundhw"), OTHER("-balloon"), OTHER("-usbdevice"), OTHER("-iscsi"),
	OTHER("-add-fd"), OTHER("-rtc"), OTHER("-watchdog"), OTHER("-watchdog-action"),
	OTHER("-action"), OTHER("-echr"), OTHER("-bt"), OTHER("-tb-size"),
	OTHER("-semihosting-config"), OTHER("-xen-domid"), OTHER("-virtioconsole"),
	NONE("-enable-kvm"), NONE("-no-kvm"), NONE("-mem-prealloc"), NONE("-snapshot"),
	NONE("-usb"), NONE("-nographic"), NONE("-curses"), NONE("-sdl"), NONE("-portrait"),
	NONE("-full-screen"), NONE("-alt-grab"), NONE("-ctrl-grab"), NONE("-no-quit"),
	NONE("-win2k-hack"), NONE("-no-fd-bootchk"), NONE("-no-acpi"), NONE("-no-hpet"),
	NONE("-old-param"), NONE("-semihosting"), NONE("-xen-attach"), NONE("-xen-domid-restrict"),

	/* How QEMU runs. */
	SPECIAL("-incoming", incoming_read),
	PATH("-pidfile", QEMU_USE_MAKE, 0),
	SPECIAL("-readconfig", config_read),
	PATH("-writeconfig", QEMU_USE_MAKE, 0),
	PATH("-dump-vmstate", QEMU_USE_MAKE, 0),
	PATH("-D", QEMU_USE_MAKE, 0),
	PATH("-L", QEMU_USE_FOLDER, TAKE_READ_ONLY),
	PATH("-chroot", QEMU_USE_FOLDER, TAKE_READ_ONLY),
	PAIRS("-run-with", "run-with", NULL),
	PAIRS("-trace", "trace", "enable"),
	PAIRS("-plugin", "plugin", "file"),
	PAIRS("-icount", "icount", "shift"),
	OTHER("-sandbox"), OTHER("-runas"), OTHER("-d"), OTHER("-dfilter"), OTHER("-seed"),
	OTHER("-compat"), OTHER("-msg"), OTHER("-overcommit"), OTHER("-realtime"),
	NONE("-h"), NONE("-help"), NONE("-version"), NONE("-audio-help"), NONE("-S"), NONE("-s"),
	NONE("-singlestep"), NONE("-preconfig"), NONE("-no-reboot"), NONE("-no-shutdown"),
	NONE("-daemonize"), NONE("-only-migratable"), NONE("-nodefaults"), NONE("-nodefconfig"),
	NONE("-no-user-config"), NONE("-async-teardown"), NONE("-enable-sync-profile"),
	NONE("-enable-fips"), NONE("-perfmap"), NONE("-jitdump"), NONE("-no-hax"),
	/* clang-format on */
};

const struct option *option_find(const char *word)
{
	/* Two dashes are one. */
	const char *name = word[0] == '-' && word[1] == '-' ? word + 1 : word;

	for (size_t i = 0; i < sizeof OPTIONS / sizeof *OPTIONS; i++) {
		if (strcmp(OPTIONS[i].name, name) == 0)
			return &OPTIONS[i];
	}
	return NULL;
}
