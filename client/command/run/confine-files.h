/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The files that a confined QEMU's command line names.
 */
#ifndef VMGRANT_CLIENT_COMMAND_RUN_CONFINE_FILES_H
#define VMGRANT_CLIENT_COMMAND_RUN_CONFINE_FILES_H

struct run;

/*
 * Open those that QEMU takes open, in sets of fds that stand in run->words from then on, and
 * add the others to the places. Returns 0, or the exit status and has said why.
 */
int confine_files_open(struct run *run);

#endif
