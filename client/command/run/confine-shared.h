/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Files that are named in a folder which a guest may write: opened by confine_open() alone.
 */
#ifndef VMGRANT_CLIENT_COMMAND_RUN_CONFINE_SHARED_H
#define VMGRANT_CLIENT_COMMAND_RUN_CONFINE_SHARED_H

struct qemu_file;
struct qemu_files;
struct run;

/*
 * Let confine_open() know the folders that QEMU's words give to the guest; those of --file it
 * knows. Called before any file is opened.
 */
void confine_shared_find(struct run *run, const struct qemu_files *files);

/* Open the file as confine_open() does. */
int confine_shared_open(struct run *run, const struct qemu_file *file, int flags, char **share_out);

/* The same file once more, from an fd of it. Returns an fd, or -1 with errno. */
int confine_shared_reopen(int fd, int flags);

/*
 * Say by errno why the file cannot be opened, or the socket not be made or connected to. share is
 * freed. Returns the exit status.
 */
int confine_shared_refuse(const struct qemu_file *file, char *share);

#endif
