/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The text of a small file, whole. With the rights of the caller.
 */
#ifndef VMGRANT_CLIENT_COMMAND_COMMON_SMALL_FILE_H
#define VMGRANT_CLIENT_COMMAND_COMMON_SMALL_FILE_H

#include <stddef.h>

/*
 * The text of a regular file without NUL bytes, to be freed; NULL after a failure. Waits for
 * nobody.
 *
 * Returns 0, or a negative errno: -EFBIG for more than most_bytes, -EINVAL for what is no regular
 * file, -EILSEQ for what is no text.
 */
int small_file_read(const char *path, size_t most_bytes, char **text_out);

/* Write a text to the end. Returns 0 or a negative errno. */
int small_file_write(int fd, const char *text);

#endif
