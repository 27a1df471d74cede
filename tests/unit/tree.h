/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A made-up folder tree for a test: /sys or /dev as nobody's machine has it.
 *
 * Paths are relative to the tree; folders on the way are made. Whatever fails
 * ends the test program.
 */
#ifndef VMGRANT_TESTS_UNIT_TREE_H
#define VMGRANT_TESTS_UNIT_TREE_H

#include <stddef.h>

struct tree {
	char path[64];
	int fd; /* of the tree itself */
};

struct tree *tree_new(void);
void tree_free(struct tree *tree);

void tree_folder(const struct tree *tree, const char *path);
void tree_write(const struct tree *tree, const char *path, const char *text);
void tree_write_bytes(const struct tree *tree, const char *path, const void *bytes, size_t length);
void tree_link(const struct tree *tree, const char *path, const char *target);
void tree_remove(const struct tree *tree, const char *path);

#endif
