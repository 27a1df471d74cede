/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the subcommands of vmgrant share. Each is one function in a file of its
 * name; main.c has the table.
 */
#ifndef VMGRANT_CLIENT_COMMAND_H
#define VMGRANT_CLIENT_COMMAND_H

#include "client/vmgrant.h"

/* Each gets its own name as argv[0] and returns the exit status. */
int command_run(int argc, char **argv);
int command_list(int argc, char **argv);

/*
 * Print one line, "vmgrant: " and the sentence, on standard error and return code,
 * so that a command ends with `return command_fail(...)`. Bytes that no terminal
 * should get become '?'.
 */
int command_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for an option that getopt() answered with ':' or '?'. */
int command_fail_option(const char *command, int answer, char **argv);

#endif
