/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Disks for the program that vmgrant run starts. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/common/command.h"
#include "client/command/kind/disk/ask-disk.h"
#include "client/command/kind/disk/disk.h"
#include "client/text/message.h"

#define DISKS_MAX 32

/* Where no set of the person's own is likely to be, nor one of a USB device. */
#define FIRST_FD_SET 7700u

struct disks {
	size_t count;
	struct disk {
		struct disk_option option;
		struct vmgrant_disk disk;
	} items[DISKS_MAX];
};

static int add(void *things, const char *text)
{
	struct disks *disks = things;
	char why[256];

	if (disks->count == DISKS_MAX)
		return command_fail(VMGRANT_USAGE, _("--disk %.64s: more than %d disks"), text,
				    DISKS_MAX);
	if (disk_option_parse(text, &disks->items[disks->count].option, why, sizeof why) < 0)
		return command_fail(VMGRANT_USAGE, "--disk: %s", why);
	disks->count++;
	return VMGRANT_GRANTED;
}

static const char *misfit(const struct qemu_machine *machine)
{
	return disk_option_controller(machine->bus) != NULL
		       ? NULL
		       : _("has no place for a virtio disk: use another machine");
}

static int ask(void *things, struct run *run, struct vmgrant_connection *connection)
{
	struct disks *disks = things;
	int code = VMGRANT_GRANTED;

	for (size_t i = 0; code == VMGRANT_GRANTED && i < disks->count; i++) {
		struct disk *disk = &disks->items[i];

		code = ask_disk(connection, &disk->option, run_device_flags(run), &disk->disk);
		if (code == VMGRANT_GRANTED && run->is_dry)
			disk->disk.fd = run->example_fd++;
	}
	return code;
}

/* ---- QEMU's options ---- */

static int has_scsi(const struct disks *disks)
{
	for (size_t i = 0; i < disks->count; i++) {
		if (disks->items[i].option.interface == DISK_SCSI &&
		    disks->items[i].option.bus[0] == '\0')
			return 1;
	}
	return 0;
}

/* The bus of a controller for the disks that want one; to be freed. */
static char *add_controller(const struct disks *disks, char *const arguments[],
			    struct launch_qemu *qemu, struct words *words)
{
	json_object *controller;
	char *id, *bus;

	if (!has_scsi(disks))
		return NULL;
	id = launch_free_id(arguments, "scsi", LAUNCH_ID_PLAIN, 1);
	controller = qemu_option_new("driver", disk_option_controller(qemu->machine.bus));
	qemu_option_add_text(controller, "id", id);
	launch_add_slot(controller, qemu);
	launch_add_device(words, controller, qemu);
	bus = text_format("%s.0", id);
	free(id);
	return bus;
}

static void add_disk(const struct disk *disk, unsigned set, const char *id,
		     const char *scsi_bus, struct launch_qemu *qemu, struct words *words)
{
	struct disk_option option = disk->option;
	char *path = text_format("/dev/fdset/%u", set);
	unsigned slot = 0;

	if (option.interface == DISK_SCSI && option.bus[0] == '\0')
		(void)snprintf(option.bus, sizeof option.bus, "%s", scsi_bus);
	if (option.bus[0] == '\0')
		slot = qemu_line_take_slot(&qemu->line, &qemu->machine);
	launch_add_fd(words, disk->disk.fd, set, id);
	/* Of -blockdev every QEMU that has it reads JSON. */
	launch_add(words, "-blockdev", qemu_option_write(disk_option_blockdev(&option, id, path),
							 QEMU_SYNTAX_JSON));
	launch_add_device(words, disk_option_device(&option, qemu->machine.bus, id, id, slot),
			  qemu);
	free(path);
}

static int launch(void *things, struct run *run)
{
	const struct disks *disks = things;
	char *bus = add_controller(disks, run->arguments, &run->qemu, &run->words);
	unsigned set = FIRST_FD_SET, number = 0;

	for (size_t i = 0; i < disks->count; i++) {
		char *id = launch_free_id(run->arguments, "disk", LAUNCH_ID_NUMBERED, number);

		number = launch_number_of(id, "disk") + 1;
		set = launch_free_set(set, run->arguments);
		add_disk(&disks->items[i], set++, id, bus, &run->qemu, &run->words);
		free(id);
	}
	free(bus);
	return VMGRANT_GRANTED;
}

static int keep(void *things)
{
	const struct disks *disks = things;

	for (size_t i = 0; i < disks->count; i++) {
		if (run_keep_fd(disks->items[i].disk.fd) < 0)
			return command_fail(VMGRANT_INTERNAL, _("cannot hand over the disks: %s"),
					    strerror(errno));
	}
	return VMGRANT_GRANTED;
}

const struct run_kind run_disk = {
	.size = sizeof(struct disks),
	.add = add,
	.misfit = misfit,
	.ask = ask,
	.launch = launch,
	.keep = keep,
};
