/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Disks for the program that vmgrant run starts. */
#include "client/command/run/run-disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/common/command.h"

/* Where no set of the person's own is likely to be, nor one of a USB device. */
#define FIRST_FD_SET 7700u

int run_disks_add(struct run_disks *disks, const char *text)
{
	char why[256];

	if (disks->count == RUN_DISKS_MAX)
		return command_fail(VMGRANT_USAGE, "--disk %.64s: more than %d disks", text,
				    RUN_DISKS_MAX);
	if (disk_option_parse(text, &disks->items[disks->count].option, why, sizeof why) < 0)
		return command_fail(VMGRANT_USAGE, "--disk: %s", why);
	disks->count++;
	return VMGRANT_GRANTED;
}

int run_disks_check(const struct run_disks *disks, const struct qemu_machine *machine)
{
	if (disks->count == 0 || disk_option_controller(machine->bus) != NULL)
		return VMGRANT_GRANTED;
	return command_fail(VMGRANT_USAGE, "--disk: machine %s: has no place for a virtio disk: use "
			    "another machine",
			    machine->name[0] == '\0' ? "(the default)" : machine->name);
}

int run_disks_ask(struct run_disks *disks, struct vmgrant_connection *connection, unsigned flags,
		  int *example_fd)
{
	int code = VMGRANT_GRANTED;

	for (size_t i = 0; code == VMGRANT_GRANTED && i < disks->count; i++) {
		struct run_disk *disk = &disks->items[i];

		code = ask_disk(connection, &disk->option, flags, &disk->disk);
		if (code == VMGRANT_GRANTED && (flags & VMGRANT_DEVICE_QUERY) != 0)
			disk->disk.fd = (*example_fd)++;
	}
	return code;
}

/* ---- QEMU's options ---- */

static void add(struct words *words, const char *option, char *value)
{
	words_add(words, text_format("%s", option));
	words_add(words, value);
}

static unsigned next_set(unsigned set, char *const arguments[])
{
	char *word = text_format("%u", set);

	while (qemu_line_has_word(arguments, word)) {
		free(word);
		word = text_format("%u", ++set);
	}
	free(word);
	return set;
}

static int has_scsi(const struct run_disks *disks)
{
	for (size_t i = 0; i < disks->count; i++) {
		if (disks->items[i].option.interface == DISK_SCSI &&
		    disks->items[i].option.bus[0] == '\0')
			return 1;
	}
	return 0;
}

/* The bus of a controller for the disks that want one; to be freed. */
static char *add_controller(const struct run_disks *disks, char *const arguments[],
			    struct launch_qemu *qemu, struct words *words)
{
	json_object *controller;
	unsigned slot;
	char *id, *bus;

	if (!has_scsi(disks))
		return NULL;
	id = launch_free_id(arguments, "scsi", LAUNCH_ID_PLAIN, 1);
	controller = qemu_option_new("driver", disk_option_controller(qemu->machine.bus));
	qemu_option_add_text(controller, "id", id);
	slot = qemu_line_take_slot(&qemu->line, &qemu->machine);
	if (slot != 0) {
		char *address = text_format("0x%x", slot);

		qemu_option_add_text(controller, "addr", address);
		free(address);
	}
	add(words, "-device", qemu_option_write(controller, launch_device_syntax(qemu)));
	bus = text_format("%s.0", id);
	free(id);
	return bus;
}

static void add_disk(const struct run_disk *disk, unsigned set, const char *id,
		     const char *scsi_bus, struct launch_qemu *qemu, struct words *words)
{
	struct disk_option option = disk->option;
	char *path = text_format("/dev/fdset/%u", set);
	unsigned slot = 0;

	if (option.interface == DISK_SCSI && option.bus[0] == '\0')
		(void)snprintf(option.bus, sizeof option.bus, "%s", scsi_bus);
	if (option.bus[0] == '\0')
		slot = qemu_line_take_slot(&qemu->line, &qemu->machine);
	/* As vmgrant attach does: what the set says of itself is our prefix and the id. */
	add(words, "-add-fd", text_format("fd=%d,set=%u,opaque=" LAUNCH_PREFIX "%s", disk->disk.fd,
					  set, id));
	/* Of -blockdev every QEMU that has it reads JSON. */
	add(words, "-blockdev", qemu_option_write(disk_option_blockdev(&option, id, path),
						  QEMU_SYNTAX_JSON));
	add(words, "-device", qemu_option_write(disk_option_device(&option, qemu->machine.bus, id,
								   id, slot),
						launch_device_syntax(qemu)));
	free(path);
}

void run_disks_launch(const struct run_disks *disks, char *const arguments[],
		      struct launch_qemu *qemu, struct words *words)
{
	char *bus = add_controller(disks, arguments, qemu, words);
	unsigned set = FIRST_FD_SET, number = 0;

	for (size_t i = 0; i < disks->count; i++) {
		char *id = launch_free_id(arguments, "disk", LAUNCH_ID_NUMBERED, number);

		number = (unsigned)strtoul(id + strlen(LAUNCH_PREFIX "disk"), NULL, 10) + 1;
		set = next_set(set, arguments);
		add_disk(&disks->items[i], set++, id, bus, qemu, words);
		free(id);
	}
	free(bus);
}

int run_disks_hand_over(const struct run_disks *disks)
{
	for (size_t i = 0; i < disks->count; i++) {
		if (fcntl(disks->items[i].disk.fd, F_SETFD, 0) < 0)
			return command_fail(VMGRANT_INTERNAL, "cannot hand over the disks: %s",
					    strerror(errno));
	}
	return VMGRANT_GRANTED;
}
