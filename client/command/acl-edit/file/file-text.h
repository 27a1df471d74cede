/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A policy file's text, and the change of one of its lines. Pure.
 *
 * Lines are numbered from 1, as in messages. All that is not the line stays as it is, byte
 * by byte.
 */
#ifndef VMGRANT_CLIENT_COMMAND_ACL_EDIT_FILE_FILE_TEXT_H
#define VMGRANT_CLIENT_COMMAND_ACL_EDIT_FILE_FILE_TEXT_H

#include <stddef.h>

/* How many lines a text has, all of which end with a newline. */
unsigned file_text_lines(const char *text);

/* The line of that number, to be freed, without its newline. */
char *file_text_line(const char *text, unsigned number);

/*
 * With a line in front of the one that has this number now; one more than there are: at the
 * end. All of these return a new text, to be freed.
 */
char *file_text_insert(const char *text, unsigned number, const char *line);

/* Without the lines of these numbers, which ascend. */
char *file_text_remove(const char *text, const unsigned *numbers, size_t count);

/* With another line in the place of this one, whose comment stays. */
char *file_text_replace(const char *text, unsigned number, const char *line);

/* The number of the first line that is neither empty nor a comment; 0: there is none. */
unsigned file_text_first_statement(const char *text);

/* What differs, as diff -u prints it: one hunk with three lines around it. To be freed. */
char *file_text_diff(const char *before, const char *after, const char *path);

#endif
