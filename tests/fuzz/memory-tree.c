/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The made-up tree of tests/unit/tree.h in memory: the calls by which judge/sysfs reads are
 * answered here, by the linker's --wrap, where they are about a descriptor of the tree. A
 * fuzzer makes thousands of trees in the time in which a disk makes one.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/tree.h"
#include "wire/process/directory.h"

#define NODES_MAX 256
#define OPENED_MAX 64
#define FIRST_FD 100000
#define CONTENT_SIZE 256
#define LINKS_MAX 8

enum node_kind { NODE_FREE = 0, NODE_FOLDER, NODE_FILE, NODE_LINK };

struct node {
	enum node_kind kind;
	int parent;
	char name[256];
	char content[CONTENT_SIZE];
	size_t length;
};

struct opened {
	int is_open, node;
	size_t offset;
};

/* One tree at a time, since the wrapped calls know nothing but a number. */
static struct {
	struct tree tree;
	struct node nodes[NODES_MAX]; /* the first is the root */
	int node_count;
	struct opened opened[OPENED_MAX];
} memory;

static void need(int condition, const char *what)
{
	if (!condition) {
		(void)fprintf(stderr, "memory-tree: %s\n", what);
		abort();
	}
}

/* ---- nodes ---- */

static int child_of(int parent, const char *name, size_t length)
{
	for (int i = 1; i < memory.node_count; i++) {
		const struct node *node = &memory.nodes[i];

		if (node->kind != NODE_FREE && node->parent == parent &&
		    strlen(node->name) == length && memcmp(node->name, name, length) == 0)
			return i;
	}
	return -1;
}

/* Where a path leads from a folder; -1 with errno. A link at its end is followed on demand. */
static int resolve(int folder, const char *path, int follows_last, unsigned links)
{
	int node = folder;

	while (*path != '\0') {
		size_t length = strcspn(path, "/");
		const char *rest = path + length + strspn(path + length, "/");

		errno = links > LINKS_MAX ? ELOOP : ENOTDIR;
		if (links > LINKS_MAX || memory.nodes[node].kind != NODE_FOLDER)
			return -1;
		errno = ENOENT;
		if (length == 2 && memcmp(path, "..", 2) == 0)
			node = memory.nodes[node].parent;
		else if (length != 0 && !(length == 1 && *path == '.')) {
			int parent = node;

			node = child_of(parent, path, length);
			if (node < 0)
				return -1;
			if (memory.nodes[node].kind == NODE_LINK && (*rest != '\0' || follows_last))
				node = resolve(parent, memory.nodes[node].content, 1, links + 1);
			if (node < 0)
				return -1;
		}
		path = rest;
	}
	return node;
}

static int add_node(int parent, const char *name, size_t length, enum node_kind kind)
{
	struct node *node = &memory.nodes[memory.node_count];

	need(memory.node_count < NODES_MAX && length < sizeof node->name, "a node too many");
	*node = (struct node){ .kind = kind, .parent = parent };
	memcpy(node->name, name, length);
	return memory.node_count++;
}

static int make(const char *path, enum node_kind kind)
{
	int node = 0;

	while (*path != '\0') {
		size_t length = strcspn(path, "/");
		const char *rest = path + length + (path[length] == '/');
		int found = child_of(node, path, length);

		if (found < 0)
			found = add_node(node, path, length, *rest != '\0' ? NODE_FOLDER : kind);
		node = found;
		path = rest;
	}
	return node;
}

/* ---- tree.h ---- */

struct tree *tree_new(void)
{
	memset(memory.opened, 0, sizeof memory.opened);
	memory.nodes[0] = (struct node){ .kind = NODE_FOLDER };
	memory.node_count = 1;
	memory.opened[0] = (struct opened){ .is_open = 1 };
	memory.tree = (struct tree){ .fd = FIRST_FD };
	return &memory.tree;
}

/* What was opened was closed again. */
void tree_free(struct tree *tree)
{
	(void)tree;
	for (int i = 1; i < OPENED_MAX; i++)
		need(!memory.opened[i].is_open, "a descriptor is left open");
}

void tree_folder(const struct tree *tree, const char *path)
{
	(void)tree;
	(void)make(path, NODE_FOLDER);
}

void tree_write_bytes(const struct tree *tree, const char *path, const void *bytes, size_t length)
{
	struct node *node = &memory.nodes[make(path, NODE_FILE)];

	(void)tree;
	need(length < CONTENT_SIZE, "content too long");
	memcpy(node->content, bytes, length);
	node->content[length] = '\0';
	node->length = length;
}

void tree_write(const struct tree *tree, const char *path, const char *text)
{
	tree_write_bytes(tree, path, text, strlen(text));
}

void tree_link(const struct tree *tree, const char *path, const char *target)
{
	(void)tree;
	tree_write_bytes(tree, path, target, strlen(target));
	memory.nodes[make(path, NODE_LINK)].kind = NODE_LINK;
}

void tree_remove(const struct tree *tree, const char *path)
{
	int node = resolve(0, path, 0, 0);

	(void)tree;
	if (node > 0)
		memory.nodes[node].kind = NODE_FREE;
}

/* ---- the calls ---- */

int __real_openat(int folder, const char *path, int flags, ...);
int __wrap_openat(int folder, const char *path, int flags, ...);
int __real_fstatat(int folder, const char *path, struct stat *status, int flags);
int __wrap_fstatat(int folder, const char *path, struct stat *status, int flags);
ssize_t __real_readlinkat(int folder, const char *path, char *target, size_t size);
ssize_t __wrap_readlinkat(int folder, const char *path, char *target, size_t size);
ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
int __real_close(int fd);
int __wrap_close(int fd);
DIR *__wrap_fdopendir(int fd);
int __real_closedir(DIR *list);
int __wrap_closedir(DIR *list);
const char *__wrap_directory_next(DIR *list);

static struct opened *opened_of(int fd)
{
	if (fd < FIRST_FD || fd >= FIRST_FD + OPENED_MAX)
		return NULL;
	need(memory.opened[fd - FIRST_FD].is_open, "a descriptor that is closed");
	return &memory.opened[fd - FIRST_FD];
}

int __wrap_openat(int folder, const char *path, int flags, ...)
{
	const struct opened *from = opened_of(folder);
	int node;

	need(from != NULL, "nothing else is opened");
	node = resolve(from->node, path, (flags & O_NOFOLLOW) == 0, 0);
	if (node < 0)
		return -1;
	errno = memory.nodes[node].kind == NODE_LINK ? ELOOP : ENOTDIR;
	if (memory.nodes[node].kind == NODE_LINK ||
	    ((flags & O_DIRECTORY) != 0 && memory.nodes[node].kind != NODE_FOLDER))
		return -1;
	for (int i = 1; i < OPENED_MAX; i++) {
		if (!memory.opened[i].is_open) {
			memory.opened[i] = (struct opened){ 1, node, 0 };
			return FIRST_FD + i;
		}
	}
	need(0, "too many are open");
	return -1;
}

int __wrap_fstatat(int folder, const char *path, struct stat *status, int flags)
{
	const struct opened *from = opened_of(folder);

	need(from != NULL, "nothing else is looked at");
	*status = (struct stat){ .st_mode = S_IFREG };
	return resolve(from->node, path, (flags & AT_SYMLINK_NOFOLLOW) == 0, 0) < 0 ? -1 : 0;
}

ssize_t __wrap_readlinkat(int folder, const char *path, char *target, size_t size)
{
	const struct opened *from = opened_of(folder);
	const struct node *node;
	int found;

	need(from != NULL, "nothing else is read");
	found = resolve(from->node, path, 0, 0);
	if (found < 0)
		return -1;
	node = &memory.nodes[found];
	errno = EINVAL;
	if (node->kind != NODE_LINK)
		return -1;
	if (size > node->length)
		size = node->length;
	memcpy(target, node->content, size);
	return (ssize_t)size;
}

ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
	struct opened *opened = opened_of(fd);
	const struct node *node;

	/* The fuzzer itself reads files, too. */
	if (opened == NULL)
		return __real_read(fd, bytes, size);
	node = &memory.nodes[opened->node];
	errno = EISDIR;
	if (node->kind != NODE_FILE)
		return -1;
	if (size > node->length - opened->offset)
		size = node->length - opened->offset;
	memcpy(bytes, node->content + opened->offset, size);
	opened->offset += size;
	return (ssize_t)size;
}

int __wrap_close(int fd)
{
	struct opened *opened = opened_of(fd);

	if (opened == NULL)
		return __real_close(fd);
	opened->is_open = 0;
	return 0;
}

/* The stream is the descriptor itself. */
DIR *__wrap_fdopendir(int fd)
{
	return (DIR *)opened_of(fd);
}

int __wrap_closedir(DIR *list)
{
	struct opened *opened = (struct opened *)list;

	if (opened < memory.opened || opened >= memory.opened + OPENED_MAX)
		return __real_closedir(list);
	opened->is_open = 0;
	return 0;
}

const char *__wrap_directory_next(DIR *list)
{
	struct opened *opened = (struct opened *)list;

	while (++opened->offset < (size_t)memory.node_count) {
		const struct node *node = &memory.nodes[opened->offset];

		if (node->kind != NODE_FREE && node->parent == opened->node && node->name[0] != '.')
			return node->name;
	}
	errno = 0;
	return NULL;
}
