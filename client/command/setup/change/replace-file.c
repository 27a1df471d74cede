/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A small file's text, replaced whole or not at all. With the rights of the caller. */
#include "client/command/setup/change/replace-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/command/acl-edit/file/keep-attributes.h"
#include "client/command/common/small-file.h"
#include "client/text/text.h"

static int make_folders(const char *path)
{
	char *whole = text_format("%s", path);
	int result = 0;

	for (char *slash = strchr(whole + 1, '/'); slash != NULL && result == 0;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(whole, 0755) < 0 && errno != EEXIST)
			result = -errno;
		*slash = '/';
	}
	free(whole);
	return result;
}

/* What the old one has besides its text. */
static int keep(const char *path, int fd)
{
	int old = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), result;
	struct stat status;

	if (old < 0)
		return -errno;
	result = fstat(old, &status) < 0 ? -errno : keep_attributes(old, &status, fd);
	close(old);
	return result;
}

static int write_fresh(const char *fresh, const char *path, const char *before, const char *text)
{
	int fd, result;

	if (unlink(fresh) < 0 && errno != ENOENT)
		return -errno;
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	result = small_file_write(fd, text);
	if (result == 0 && before == NULL && fchmod(fd, 0644) < 0)
		result = -errno;
	if (result == 0 && before != NULL)
		result = keep(path, fd);
	if (result == 0 && fsync(fd) < 0)
		result = -errno;
	if (close(fd) < 0 && result == 0)
		result = -errno;
	return result;
}

static int is_unchanged(const char *path, const char *before)
{
	char *now = NULL;
	int result = small_file_read(path, SETUP_FILE_BYTES_MAX, &now), is_same;

	is_same = before == NULL ? result == -ENOENT : now != NULL && strcmp(now, before) == 0;
	free(now);
	return is_same;
}

static int sync_folder(const char *path)
{
	char *folder = text_format("%.*s", (int)(text_base_name(path) - path), path);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = fd < 0 || fsync(fd) < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	free(folder);
	return result;
}

static int take_place(const char *fresh, const char *path, const char *before)
{
	if (!is_unchanged(path, before))
		return -EBUSY;
	if (before != NULL)
		return rename(fresh, path) < 0 ? -errno : 0;
	/* A link fails where somebody has made one meanwhile. */
	if (link(fresh, path) < 0)
		return errno == EEXIST ? -EBUSY : -errno;
	(void)unlink(fresh);
	return 0;
}

static int write_file(const char *path, const char *before, const char *text)
{
	const char *name = text_base_name(path);
	/* The dot and the end keep it out of every folder that is read whole. */
	char *fresh = text_format("%.*s.%s.vmgrant", (int)(name - path), path, name);
	int result = before == NULL ? make_folders(path) : 0;

	if (result == 0)
		result = write_fresh(fresh, path, before, text);
	if (result == 0)
		result = take_place(fresh, path, before);
	if (result < 0)
		(void)unlink(fresh);
	free(fresh);
	return result;
}

int replace_file(const char *path, const char *before, const char *text)
{
	int result;

	if (text != NULL)
		result = write_file(path, before, text);
	else if (!is_unchanged(path, before))
		result = -EBUSY;
	else
		result = unlink(path) < 0 ? -errno : 0;
	return result == 0 ? sync_folder(path) : result;
}
