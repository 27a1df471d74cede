/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The sockets that a confined QEMU's command line names: made, or connected to, before.
 */
#ifndef VMGRANT_CLIENT_COMMAND_RUN_CONFINE_SOCKETS_H
#define VMGRANT_CLIENT_COMMAND_RUN_CONFINE_SOCKETS_H

#include <stddef.h>

struct qemu_file;
struct run;

/*
 * Let the word of run->words that names a socket have its fd instead.
 *
 * file  of QEMU_USE_MAKE_SOCKET or QEMU_USE_CONNECT
 * word  the index of its word
 *
 * Returns 0, or the exit status and has said why.
 */
int confine_socket_open(struct run *run, const struct qemu_file *file, size_t word);

/* Remove those that were made, as QEMU does at its end. */
void confine_sockets_remove(const struct run *run);

#endif
