/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Software that configures a host's interfaces, and would do so with the ports of guests: what
 * check-beside.c and the files beside-*.c, one for each that has no folder for drop-in files,
 * use. Each of these is called when its software runs, and adds a finding unless it was
 * told to leave our ports alone.
 */
#ifndef VMGRANT_CLIENT_COMMAND_CHECK_BESIDE_BESIDE_H
#define VMGRANT_CLIENT_COMMAND_CHECK_BESIDE_BESIDE_H

#include <stdio.h>

#include "client/command/check/check.h"
#include "client/command/machine/tree.h"
#include "wire/port/port-prefix.h"

/* A name as the helper makes them. */
#define BESIDE_SAMPLE PORT_PREFIX "0000000000"
#define BESIDE_LINE_SIZE 512

void beside_dhcpcd(struct check *check);
void beside_connman(struct check *check);
void beside_lldpd(struct check *check);

/* ---- processes: beside-read.c ---- */

/*
 * The number, as text to be freed, of a process with the name that the kernel knows (15
 * characters); *index counts on, for the next call. NULL: no further one.
 */
char *beside_find(const struct check *check, const char *name, size_t *index);

/* The arguments of a process. Many programs write one line of their own over them. */
void beside_arguments(const struct check *check, const char *pid, struct words *words_out);

/* ---- configuration files: beside-read.c ---- */

/* NULL if there is none, which the functions below take for an empty one. */
FILE *beside_open(const struct check *check, const char *name);
void beside_close(FILE *file);

/* The next line without the white space around it; NULL at the end. */
char *beside_line(FILE *file, char line[BESIDE_LINE_SIZE]);

/* What follows a word at the beginning of a line, or NULL. */
const char *beside_value(const char *line, const char *word);

/* 1 if some pattern in a list, with these characters between them, matches our names. */
int beside_matches(const char *list, const char *separators);

#endif
