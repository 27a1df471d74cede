/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Device nodes, opened for whoever may not open them. */
#include "helper/node/node.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "helper/privileges.h"

/* ---- the kernel's word ---- */

/* A short line of sysfs, ended by NUL. Returns 0 or -errno. */
static int read_attribute(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t length;
	int error;

	if (fd < 0)
		return -errno;
	length = read(fd, text, size - 1);
	error = errno;
	close(fd);
	if (length <= 0 || (size_t)length == size - 1)
		return length < 0 ? -error : -EINVAL;
	text[length] = '\0';
	return 0;
}

static int read_device_number(const char *attribute, dev_t *number_out)
{
	unsigned high, low;
	char text[32], end;
	int result = read_attribute(attribute, text, sizeof text);

	if (result < 0)
		return result;
	/* 12 bits and 20. */
	if (sscanf(text, "%4u:%7u%c", &high, &low, &end) != 3 || end != '\n' || high > 0xfff ||
	    low > 0xfffff)
		return -EINVAL;
	*number_out = makedev(high, low);
	return 0;
}

/* ---- the node ---- */

static int is_node(int fd, mode_t kind, dev_t number)
{
	struct stat status;

	return fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == kind &&
	       status.st_rdev == number;
}

int node_reopen(int place, int flags)
{
	char path[40];
	int fd;

	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", place);
	fd = open(path, flags | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

/* First as a place: opening something else could have an effect. */
static int open_numbered(const struct node *node, dev_t number, int flags)
{
	const struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	int fd, place = (int)syscall(SYS_openat2, AT_FDCWD, node->path, &how, sizeof how);

	if (place < 0)
		return errno == ELOOP ? -ENODEV : -errno;
	fd = is_node(place, node->kind, number) ? node_reopen(place, flags) : -ENODEV;
	close(place);
	return fd;
}

int node_open(const struct node *node, int flags)
{
	dev_t number;
	int fd, result = read_device_number(node->attribute, &number);

	if (result == 0)
		result = privileges_raise(ORDER_RIGHT_NODES);
	if (result < 0)
		return result;
	fd = open_numbered(node, number, flags);
	privileges_lower();
	return fd;
}

int node_open_fixed(const char *path)
{
	int result, fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd >= 0 || errno != EACCES)
		return fd < 0 ? -errno : fd;
	/* Everybody may open it on most systems; where not, the rule is what counts. */
	result = privileges_raise(ORDER_RIGHT_NODES);
	if (result == 0) {
		fd = open(path, O_RDWR | O_CLOEXEC);
		result = fd < 0 ? -errno : fd;
	}
	privileges_lower();
	return result;
}
