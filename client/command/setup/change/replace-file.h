/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A small file's text, replaced whole or not at all.
 */
#ifndef VMGRANT_CLIENT_COMMAND_SETUP_CHANGE_REPLACE_FILE_H
#define VMGRANT_CLIENT_COMMAND_SETUP_CHANGE_REPLACE_FILE_H

/* What is larger is no configuration. */
#define SETUP_FILE_BYTES_MAX (4u * 1024 * 1024)

/*
 * Put a text in the place of another, by one rename(2) of a file that is on the disk already;
 * it keeps owner, mode and attributes. A new one gets mode 0644, and folders that are missing
 * are made. No copy of the old one is left beside it: many a folder is read whole.
 *
 * before  what it holds; NULL: it must not be there
 * text    NULL: it is to go
 *
 * Returns 0, or a negative errno: -EBUSY if it holds something else.
 */
int replace_file(const char *path, const char *before, const char *text);

#endif
