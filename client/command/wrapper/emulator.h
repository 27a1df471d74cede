/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The QEMU behind vmgrant-qemu-ARCHITECTURE.
 */
#ifndef VMGRANT_CLIENT_COMMAND_WRAPPER_EMULATOR_H
#define VMGRANT_CLIENT_COMMAND_WRAPPER_EMULATOR_H

/* What stands behind "vmgrant-qemu-" in the name of a program, in path itself; NULL: another one. */
const char *emulator_architecture(const char *path);

/*
 * Find it: $VMGRANT_QEMU; or qemu-system-ARCHITECTURE beside the name by which we were started,
 * so that a link in the folder of another QEMU is for that one; in /usr/bin; by the names that
 * Red Hat's systems have for their own architecture; in PATH.
 *
 * name  by which we were started, which has that architecture
 *
 * Returns 0 and its path, to be freed, or the exit status and has said why.
 */
int emulator_find(const char *name, const char *architecture, char **path_out);

#endif
