/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What a file has besides its text, for another that takes its place. */
#include "client/command/acl-edit/file/keep-attributes.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "client/text/text.h"

#define NEW_MODE 0640

/* They are about the bytes that the file had: the kernel makes new ones. */
static int is_of_content(const char *name)
{
	return strcmp(name, "security.ima") == 0 || strcmp(name, "security.evm") == 0;
}

/* The value of one, to be freed; *size_out is negative if it has none. */
static char *get_attribute(int fd, const char *name, ssize_t *size_out)
{
	char *value = NULL;

	/* It may grow between the two calls. */
	do {
		*size_out = fgetxattr(fd, name, NULL, 0);
		if (*size_out < 0)
			break;
		free(value);
		value = text_need(malloc((size_t)*size_out + 1));
		*size_out = fgetxattr(fd, name, value, (size_t)*size_out);
	} while (*size_out < 0 && errno == ERANGE);
	return value;
}

static int keep_attribute(int from_fd, int to_fd, const char *name)
{
	ssize_t size, there;
	char *value = get_attribute(from_fd, name, &size), *has;
	int result = value == NULL || size < 0 ? -errno : 0;

	if (value == NULL || result < 0) {
		free(value);
		return result;
	}
	/* Whoever may not set a label needs not, where the new file got the same by itself. */
	has = get_attribute(to_fd, name, &there);
	if ((has == NULL || there != size || memcmp(has, value, (size_t)size) != 0) &&
	    fsetxattr(to_fd, name, value, (size_t)size, 0) < 0)
		result = -errno;
	free(has);
	free(value);
	return result;
}

static int keep_all(int from_fd, int to_fd)
{
	ssize_t size = flistxattr(from_fd, NULL, 0);
	char *names;
	int result = 0;

	if (size <= 0)
		return size == 0 || errno == EOPNOTSUPP ? 0 : -errno;
	names = text_need(calloc((size_t)size + 1, 1));
	size = flistxattr(from_fd, names, (size_t)size);
	if (size < 0)
		result = -errno;
	for (const char *name = names; result == 0 && name < names + size;
	     name += strlen(name) + 1) {
		if (!is_of_content(name))
			result = keep_attribute(from_fd, to_fd, name);
	}
	free(names);
	return result;
}

int keep_attributes(int from_fd, const struct stat *status, int to_fd)
{
	struct stat new_status;

	if (fstat(to_fd, &new_status) < 0)
		return -errno;
	if ((new_status.st_uid != status->st_uid || new_status.st_gid != status->st_gid) &&
	    fchown(to_fd, status->st_uid, status->st_gid) < 0)
		return -errno;
	/* What it has from a default ACL of the folder must give nobody more than the old one. */
	if (fremovexattr(to_fd, "system.posix_acl_access") < 0 && errno != ENODATA &&
	    errno != EOPNOTSUPP)
		return -errno;
	if (fchmod(to_fd, status->st_mode & 07777) < 0)
		return -errno;
	/* Last, since a mode that is set changes an ACL's mask. */
	return keep_all(from_fd, to_fd);
}

int give_attributes(int fd)
{
	const struct group *group;

	if (geteuid() == 0) {
		errno = ENOENT;
		group = getgrnam(VMGRANT_ACCOUNT);
		if (group == NULL)
			return errno != 0 ? -errno : -ENOENT;
		if (fchown(fd, 0, group->gr_gid) < 0)
			return -errno;
	}
	return fchmod(fd, NEW_MODE) < 0 ? -errno : 0;
}
