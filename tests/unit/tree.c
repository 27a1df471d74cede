/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A made-up folder tree for a test: /sys or /dev as nobody's machine has it. */
#include "tests/unit/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void need(int condition, const char *what, const char *path)
{
	if (condition)
		return;
	(void)fprintf(stderr, "%s %s: %s\n", what, path, strerror(errno));
	abort();
}

struct tree *tree_new(void)
{
	struct tree *tree = calloc(1, sizeof *tree);

	need(tree != NULL, "memory for", "a tree");
	strcpy(tree->path, "/tmp/vmgrant-unit-XXXXXX");
	need(mkdtemp(tree->path) != NULL, "mkdtemp", tree->path);
	tree->fd = open(tree->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	need(tree->fd >= 0, "open", tree->path);
	return tree;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

static void remove_all(const char *path)
{
	need(nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0, "remove", path);
}

void tree_free(struct tree *tree)
{
	if (tree == NULL)
		return;
	close(tree->fd);
	remove_all(tree->path);
	free(tree);
}

/* Make the folders above the last part of a path. */
static void make_parents(const struct tree *tree, const char *path)
{
	char part[512];

	for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		(void)snprintf(part, sizeof part, "%.*s", (int)(slash - path), path);
		need(mkdirat(tree->fd, part, 0755) == 0 || errno == EEXIST, "mkdir", part);
	}
}

void tree_folder(const struct tree *tree, const char *path)
{
	make_parents(tree, path);
	need(mkdirat(tree->fd, path, 0755) == 0 || errno == EEXIST, "mkdir", path);
}

void tree_write_bytes(const struct tree *tree, const char *path, const void *bytes, size_t length)
{
	int fd;

	make_parents(tree, path);
	fd = openat(tree->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	need(fd >= 0, "open", path);
	need(write(fd, bytes, length) == (ssize_t)length, "write", path);
	close(fd);
}

void tree_write(const struct tree *tree, const char *path, const char *text)
{
	tree_write_bytes(tree, path, text, strlen(text));
}

void tree_link(const struct tree *tree, const char *path, const char *target)
{
	make_parents(tree, path);
	need(symlinkat(target, tree->fd, path) == 0, "symlink", path);
}

void tree_remove(const struct tree *tree, const char *path)
{
	char full[640];

	(void)snprintf(full, sizeof full, "%s/%s", tree->path, path);
	remove_all(full);
}
