/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The files that a disk image names in itself: what it is based on, where its data are.
 *
 * An image is written by others, so QEMU's own qemu-img reads it (client/command/qemu/
 * qemu-chain.h starts it). Here are its answer and the question whether it is needed: pure
 * functions on memory.
 */
#ifndef VMGRANT_CLIENT_QEMU_CHAIN_H
#define VMGRANT_CLIENT_QEMU_CHAIN_H

#include <stddef.h>

#include "client/qemu/files.h"

/* So many bytes of an image's beginning are enough. */
#define CHAIN_HEADER_SIZE 80u

/*
 * Might an image whose first bytes are header name further files? format is what the command
 * line says, or NULL. size: fewer than CHAIN_HEADER_SIZE if the file is shorter.
 */
int chain_is_possible(const char *format, const unsigned char *header, size_t size);

/*
 * Add to found what answer, of "qemu-img info --output=json", names beside the image, which is
 * found->items[image]: the image below it, first, and files that have its data. Returns 0, or -1
 * if it is no such answer.
 */
int chain_read(struct qemu_files *found, size_t image, const char *answer);

/* Say of the image that its files are not known. why is static. */
void chain_doubt(struct qemu_files *found, size_t image, const char *why);

#endif
