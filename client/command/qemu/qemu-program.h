/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Which program is a QEMU, of which architecture, and what it understands.
 */
#ifndef VMGRANT_CLIENT_COMMAND_QEMU_QEMU_PROGRAM_H
#define VMGRANT_CLIENT_COMMAND_QEMU_QEMU_PROGRAM_H

/*
 * Is it a QEMU, by its name or that of the file to which it leads: qemu-system-*, and the
 * names that distributions give it?
 */
int qemu_program_is_qemu(const char *program);

/* The file that execvp() would start, with all links followed; to be freed, or NULL. */
char *qemu_program_file(const char *program);

/* "x86_64": of qemu-system-x86_64, or else of this machine. */
void qemu_program_architecture(const char *program, char *architecture_out, unsigned size);

/* QEMU 7.2 is 702. 0: it cannot be found out. */
#define QEMU_VERSION(major, minor) ((major) * 100 + (minor))
#define QEMU_JSON_DEVICE QEMU_VERSION(6, 2)
#define QEMU_JSON_NETDEV QEMU_VERSION(7, 2)
#define QEMU_MONITOR_OBJECT QEMU_VERSION(11, 1) /* and -mon is deprecated */

/* Of what `qemu --version` prints: "QEMU emulator version 7.2.22 (Debian ...)". Pure. */
int qemu_program_parse_version(const char *text);

/*
 * Ask a program whose name says that it is a QEMU. Others are not started: who knows
 * what they do with --version.
 */
int qemu_program_version(const char *program);

#endif
