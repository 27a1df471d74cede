/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Making and undoing a change. Runs as root, and in people's folders with their rights only.
 */
#ifndef VMGRANT_CLIENT_COMMAND_SETUP_CHANGE_PERFORM_H
#define VMGRANT_CLIENT_COMMAND_SETUP_CHANGE_PERFORM_H

#include "client/command/machine/capture.h"
#include "client/command/setup/change/changes.h"

/* A tool may wait for a DHCP server, and that for somebody to plug a cable in. */
#define SETUP_COMMAND_MS 120000

/*
 * Make it. A file is changed by one rename(2) or not at all, and only if it still holds what
 * it held when the change was planned. Returns VMGRANT_GRANTED, or another code after
 * printing why.
 */
int change_make(const struct setup_change *change);

/*
 * Undo what may have been made, or not: a process can end before it. A file that somebody has
 * changed since is left and said. Returns VMGRANT_GRANTED or VMGRANT_INTERNAL, likewise.
 */
int change_undo(const struct setup_change *change);

/* 1 for a file that holds neither what it was to hold nor what it held before. */
int change_file_is_others(const struct setup_change *change);

/*
 * Run a program. Words that begin with "vmgrant" are this very program. Returns 1 if it
 * ended with status 0.
 */
int command_succeeds(const struct words *command, struct capture *capture);

/* The same with words that NULL ends. */
int command_list_succeeds(const char *const list[], struct capture *capture);

/*
 * The text of a small regular file, to be freed. user: with whose rights, NULL: one's own.
 * Returns 0 or a negative errno.
 */
int setup_read_file(const char *path, const char *user, char **text_out);

#endif
