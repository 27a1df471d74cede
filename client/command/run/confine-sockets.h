/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The sockets that a confined QEMU's command line names: made, or connected to, before.
 */
#ifndef VMGRANT_CLIENT_COMMAND_RUN_CONFINE_SOCKETS_H
#define VMGRANT_CLIENT_COMMAND_RUN_CONFINE_SOCKETS_H

#include <stddef.h>

#include "client/qemu/files.h"

struct confine;
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
 * Returns an fd that stays open through exec, or -1, and *share_out, which is
 * NULL before, as confine_open() does.
 */
int confine_socket_make(struct confine *confine, const char *path, enum qemu_use use,
			char **share_out);

/* Remove those that were made, as QEMU does at its end. */
void confine_sockets_remove(struct run *run);

#endif
