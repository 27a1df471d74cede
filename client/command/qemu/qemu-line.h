/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What a QEMU command line says about the guest: its machine, its name, the PCI slots
 * and ids that are taken. Pure but for files that -readconfig names.
 */
#ifndef VMGRANT_CLIENT_COMMAND_QEMU_QEMU_LINE_H
#define VMGRANT_CLIENT_COMMAND_QEMU_QEMU_LINE_H

#include <stdint.h>

#include "client/command/qemu/qemu-machine.h"

#define QEMU_LINE_NAME_SIZE 256

struct qemu_line {
	char machine[QEMU_MACHINE_NAME_SIZE]; /* "": the default */
	enum qemu_pci pci;
	char name[QEMU_LINE_NAME_SIZE]; /* of the guest, "" if it has none */
	char uuid[QEMU_LINE_NAME_SIZE]; /* in small hexadecimal digits only, "" without */
	uint32_t slots;                 /* bit N: slot N is named, on whichever bus */
	const char *unread;             /* the first -readconfig that cannot be read, or NULL */
	int unread_error;               /* an errno */
	/* What a file under construction is about: of the reader alone. */
	char section[QEMU_MACHINE_NAME_SIZE];
};

/* arguments of QEMU, without its name; *line points into them. */
void qemu_line_read(char *const arguments[], struct qemu_line *line);

/* One line of a file for -readconfig. */
void qemu_line_read_config(const char *text, struct qemu_line *line);

/* Is that word in an argument, not only as a part of a longer one? */
int qemu_line_has_word(char *const arguments[], const char *word);

/*
 * A slot for one more device, from high to low so that the low ones are left to others;
 * 0: QEMU may choose. Counts as taken from now on.
 */
unsigned qemu_line_take_slot(struct qemu_line *line, const struct qemu_machine *machine);

#endif
