/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Nodes below /dev: found without effect. */
#include "judge/sysfs/node.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Open one part of a path below a folder, which is closed unless it is the first one. */
static int enter(int dev, int folder, const char *part, size_t length, int flags)
{
	char name[NAME_MAX + 1];
	int fd = -1, error = ENAMETOOLONG;

	if (length < sizeof name) {
		memcpy(name, part, length);
		name[length] = '\0';
		fd = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC | flags);
		error = errno;
	}
	if (folder != dev)
		close(folder);
	return fd >= 0 ? fd : -error;
}

static int is_node(int fd, mode_t kind, dev_t number)
{
	struct stat status;

	return fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == kind &&
	       status.st_rdev == number;
}

int device_node_find(int dev, const char *path, mode_t kind, dev_t number)
{
	int fd = dev;

	for (size_t length; fd >= 0; path += length + 1) {
		length = strcspn(path, "/");
		fd = enter(dev, fd, path, length, path[length] == '/' ? O_DIRECTORY : 0);
		if (path[length] == '\0')
			break;
	}
	if (fd < 0 || is_node(fd, kind, number))
		return fd;
	close(fd);
	return -ENODEV;
}
