/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that nobody but root can have written. */
#include "judge/policy/trusted-file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire/escape.h"

static int fail_system(struct trusted_problem *problem, int error)
{
	problem->kind = TRUSTED_SYSTEM;
	problem->error = error;
	escape_string(problem->reason, sizeof problem->reason, strerror(error));
	return -1;
}

static int fail_trust(struct trusted_problem *problem, const char *component, const char *reason)
{
	char name[72];

	escape_string(name, sizeof name, component);
	problem->kind = TRUSTED_NOT_TRUSTED;
	problem->error = EPERM;
	(void)snprintf(problem->reason, sizeof problem->reason, "%s: %s", name, reason);
	return -1;
}

/* The rule of this file, on something open. */
static int judge(int fd, const char *component, mode_t kind, struct trusted_problem *problem)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return fail_system(problem, errno);
	if (S_ISLNK(status.st_mode))
		return fail_trust(problem, component, "is a symbolic link");
	if ((status.st_mode & S_IFMT) != kind)
		return fail_trust(problem, component,
				  kind == S_IFDIR ? "is not a folder" : "is not a regular file");
	if (status.st_uid != 0)
		return fail_trust(problem, component, "is not owned by root");
	if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return fail_trust(problem, component, "is writable by group or others");
	return 0;
}

/*
 * Open one component below an open folder and judge it. Folders on the way are
 * opened as places only. O_NONBLOCK: a FIFO must not stop the program.
 */
static int open_component(int folder, const char *name, mode_t kind, int is_last,
			  struct trusted_problem *problem)
{
	int flags = O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
	int fd = openat(folder, name, is_last ? flags | O_RDONLY : flags | O_PATH);

	if (fd < 0 && errno == ELOOP)
		return fail_trust(problem, name, "is a symbolic link");
	if (fd < 0)
		return fail_system(problem, errno);
	if (judge(fd, name, is_last ? kind : S_IFDIR, problem) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Cut the next component out of *rest. Returns its length, 0 at the end. */
static size_t next_component(const char **rest, char *name, size_t size)
{
	size_t length;

	*rest += strspn(*rest, "/");
	length = strcspn(*rest, "/");
	if (length == 0 || length >= size)
		return length;
	memcpy(name, *rest, length);
	name[length] = '\0';
	*rest += length;
	return length;
}

int trusted_file_open(const char *path, mode_t kind, struct trusted_problem *problem)
{
	char name[NAME_MAX + 1];
	const char *rest = path;
	int fd;

	if (path[0] != '/')
		return fail_trust(problem, path, "is not an absolute path");
	fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail_system(problem, errno);
	if (judge(fd, "/", S_IFDIR, problem) < 0) {
		close(fd);
		return -1;
	}
	for (;;) {
		size_t length = next_component(&rest, name, sizeof name);
		int is_last = rest[strspn(rest, "/")] == '\0';
		int next;

		if (length == 0 || length >= sizeof name || strcmp(name, "..") == 0) {
			close(fd);
			return fail_trust(problem, path, "is not a plain path");
		}
		next = open_component(fd, name, kind, is_last, problem);
		close(fd);
		if (next < 0 || is_last)
			return next;
		fd = next;
	}
}

int trusted_file_read(int fd, char **text_out, size_t *length_out, struct trusted_problem *problem)
{
	struct stat status;
	size_t size, length = 0;
	ssize_t got = 1;
	char *text;

	if (fstat(fd, &status) < 0)
		return fail_system(problem, errno);
	if (status.st_size < 0 || status.st_size > (off_t)TRUSTED_FILE_MAX)
		return fail_system(problem, EFBIG);
	size = (size_t)status.st_size;
	text = malloc(size + 1);
	if (text == NULL)
		return fail_system(problem, ENOMEM);
	/* One byte more than the size tells whether the file has grown. */
	while (length <= size && got > 0) {
		got = read(fd, text + length, size + 1 - length);
		if (got > 0)
			length += (size_t)got;
		if (got < 0 && errno == EINTR)
			got = 1;
	}
	if (got < 0 || length != size) {
		int error = got < 0 ? errno : EBUSY;

		free(text);
		return fail_system(problem, error);
	}
	text[length] = '\0';
	*text_out = text;
	*length_out = length;
	return 0;
}
