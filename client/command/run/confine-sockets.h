/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The sockets that a confined QEMU's command line names: made, or connected to, before.
 */
#ifndef VMGRANT_CLIENT_COMMAND_RUN_CONFINE_SOCKETS_H
#define VMGRANT_CLIENT_COMMAND_RUN_CONFINE_SOCKETS_H

#include <stddef.h>

#include "client/qemu/files.h"

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

/*
 * A socket that listens at path, or one that is connected to what listens there, as use says.
 * Returns an fd that stays open through exec, or -1 with errno.
 */
int confine_socket_make(const char *path, enum qemu_use use);

/* Remove those that were made, as QEMU does at its end. */
void confine_sockets_remove(const struct run *run);

#endif
