/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Ask qemu-img which files the disks of a command line are based on.
 */
#ifndef VMGRANT_CLIENT_COMMAND_QEMU_QEMU_CHAIN_H
#define VMGRANT_CLIENT_COMMAND_QEMU_QEMU_CHAIN_H

#include "client/qemu/files.h"

/*
 * How to start qemu-img: it reads what a guest may have written, and is a large program.
 *
 * before  the words that stand before "qemu-img", which shut it in, ended by NULL: the caller's
 *         until the next call. NULL: that image is not to be read.
 */
struct qemu_chain_asker {
	char *const *(*before)(void *data, const struct qemu_file *image);
	void *data;
};

/*
 * Add to found the files that its images name in themselves, and those that these name. An image
 * whose header says that there are none is not asked about. What cannot be known, as without
 * qemu-img, is a doubt in found; an image that is not there is not.
 */
void qemu_chain_find(struct qemu_files *found, const struct qemu_chain_asker *asker);

#endif
