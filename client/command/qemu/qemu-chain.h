/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Ask qemu-img which files the disks of a command line are based on.
 */
#ifndef VMGRANT_CLIENT_COMMAND_QEMU_QEMU_CHAIN_H
#define VMGRANT_CLIENT_COMMAND_QEMU_QEMU_CHAIN_H

#include "client/qemu/files.h"

/*
 * Add to found the files that its images name in themselves. It runs as the person, before
 * anything is shut in. An image whose header says that there are none is not asked about. What
 * cannot be known, as without qemu-img, is a doubt in found; an image that is not there is not.
 */
void qemu_chain_find(struct qemu_files *found);

#endif
