/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant-qemu-ARCHITECTURE: a QEMU to programs that start one by its path.
 */
#ifndef VMGRANT_CLIENT_COMMAND_WRAPPER_WRAPPER_H
#define VMGRANT_CLIENT_COMMAND_WRAPPER_WRAPPER_H

/* Is that our name? */
int wrapper_is_name(const char *name);

/* argv: the name, and QEMU's words. Returns the exit status. */
int wrapper_run(int argc, char **argv);

#endif
