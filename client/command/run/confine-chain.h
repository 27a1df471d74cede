/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What the disks of a confined QEMU are based on.
 */
#ifndef VMGRANT_CLIENT_COMMAND_RUN_CONFINE_CHAIN_H
#define VMGRANT_CLIENT_COMMAND_RUN_CONFINE_CHAIN_H

#include <stddef.h>

struct qemu_file;
struct run;

/*
 * Open the images below an image for reading, and let its word of run->words name them: QEMU
 * cannot find them by what the image says, whose own name is an fd.
 *
 * set  the first number of a set that may be taken
 *
 * Returns 0, or the exit status and has said why.
 */
int confine_chain_open(struct run *run, const struct qemu_file *image, size_t word, unsigned set);

#endif
