/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Files that are named in a folder which a guest may write.
 */
#ifndef VMGRANT_CLIENT_COMMAND_RUN_CONFINE_SHARED_H
#define VMGRANT_CLIENT_COMMAND_RUN_CONFINE_SHARED_H

struct qemu_files;
struct confine;

/*
 * Refuse a file that lies in a folder of those which the guest may write, by --file or by QEMU's
 * words, and leads out of it: a guest can put a link in the place of its log or its kernel, and
 * would have the next start write or read what that leads to. Called before any is opened.
 *
 * Returns 0, or the exit status and has said why.
 */
int confine_shared_check(const struct confine *confine, const struct qemu_files *files);

#endif
