/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Small files of sysfs, procfs and /etc, below a folder that stands for /. For the
 * command only. Each path is a printf() format behind root.
 */
#ifndef VMGRANT_CLIENT_COMMAND_MACHINE_TREE_H
#define VMGRANT_CLIENT_COMMAND_MACHINE_TREE_H

#include "client/text/text.h"

/* A whole path, to be freed by the caller. */
char *tree_path(const char *root, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* 1 if it is there, whatever it is. */
int tree_exists(const char *root, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The first line of a file without its newline, to be freed by the caller; NULL: none. */
char *tree_line(const char *root, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The number in a file, in decimal or with 0x; -1: none. */
long tree_number(const char *root, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The last name in a symbolic link's target, to be freed by the caller; NULL: none. */
char *tree_link(const char *root, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The names in a folder, sorted; none if it cannot be read. */
void tree_names(struct words *names, const char *root, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
