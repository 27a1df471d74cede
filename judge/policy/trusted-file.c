/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Files that nobody but root can have written. */
#include "judge/policy/trusted-file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire/refusal/escape.h"

#define OTHERS_WRITE (S_IWGRP | S_IWOTH)
/* Enough for every link with a way as long as a path can be; a bound, not a rule. */
#define STEPS_MAX 8192u

/* A walk under way: the folder that was reached, and what is still to be walked. */
struct walker {
	const struct trusted_walk *walk;
	struct trusted_problem *problem;
	const char *path; /* as it was given */
	int folder;       /* O_PATH, judged */
	struct stat folder_status;
	char done[PATH_MAX]; /* names from the root to the folder, none of them a link; "": root */
	char rest[PATH_MAX];
	unsigned links, steps;
};

static int fail(struct trusted_problem *problem, enum trusted_error kind, int error)
{
	problem->kind = kind;
	problem->error = error;
	escape_string(problem->reason, sizeof problem->reason, strerror(error));
	return -1;
}

/* name is what the folder that was reached holds, or "" for the folder itself. */
static int fail_trust(const struct walker *walker, const char *name, const char *reason)
{
	struct trusted_problem *problem = walker->problem;
	char path[PATH_MAX + NAME_MAX + 2], escaped[128] = "";
	size_t length = (size_t)snprintf(path, sizeof path, "%s%s%s", walker->done,
					 name[0] != '\0' || walker->done[0] == '\0' ? "/" : "", name);

	/* The path that was given needs no second word; of a long one the end tells more. */
	if (strcmp(path, walker->path) != 0)
		escape_string(escaped, sizeof escaped,
			      length < sizeof escaped ? path : path + length - (sizeof escaped - 1));
	problem->kind = TRUSTED_NOT_TRUSTED;
	problem->error = EPERM;
	(void)snprintf(problem->reason, sizeof problem->reason, "%s%s%s", escaped,
		       escaped[0] != '\0' ? ": " : "", reason);
	return -1;
}

/* ---- the steps, with this process's own rights ---- */

static int start_own(void *context)
{
	(void)context;
	return open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int enter_own(void *context, int folder_fd, const char *name)
{
	(void)context;
	return openat(folder_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

static int open_own(void *context, int folder_fd, const char *name, mode_t kind)
{
	(void)context;
	return openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC |
					       (kind == S_IFDIR ? O_DIRECTORY : 0));
}

const struct trusted_walk trusted_walk_own = { NULL, start_own, enter_own, open_own };

/* ---- the judgement ---- */

static int is_mount_point(int fd, const struct stat *status, const struct stat *folder)
{
#ifdef STATX_ATTR_MOUNT_ROOT
	struct statx details;

	if (statx(fd, "", AT_EMPTY_PATH, 0, &details) == 0 &&
	    (details.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0)
		return (details.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
#else
	(void)fd;
#endif
	/* Older than Linux 5.8. */
	return status->st_dev != folder->st_dev;
}

/* What lies in a folder that others may add to, which is sticky and root's. */
static const char *problem_in_shared(int fd, const struct stat *status, const struct stat *folder)
{
	if (is_mount_point(fd, status, folder))
		return "is a mount point in a folder that others may add to";
	if ((folder->st_mode & S_IWOTH) != 0 && !S_ISDIR(status->st_mode) && status->st_nlink > 1)
		return "has a second name, and everyone may make one in that folder";
	return NULL;
}

/* The rule of this file, on something open. Returns what is wrong, or NULL. */
static const char *problem_of(int fd, const struct stat *status, const struct walker *walker)
{
	const struct stat *folder = &walker->folder_status;

	if (status->st_uid != 0)
		return "is not owned by root";
	if (walker->folder >= 0 && (folder->st_mode & OTHERS_WRITE) != 0 &&
	    problem_in_shared(fd, status, folder) != NULL)
		return problem_in_shared(fd, status, folder);
	if (S_ISLNK(status->st_mode) || (status->st_mode & OTHERS_WRITE) == 0)
		return NULL;
	if (S_ISDIR(status->st_mode) && walker->links > 0 && (status->st_mode & S_ISVTX) != 0)
		return NULL;
	return "is writable by group or others";
}

/* Returns 0 with *status filled, or -1. The fd stays the caller's. */
static int judge(int fd, const char *name, const struct walker *walker, struct stat *status)
{
	const char *problem;

	if (fstat(fd, status) < 0)
		return fail(walker->problem, TRUSTED_SYSTEM, errno);
	problem = problem_of(fd, status, walker);
	return problem != NULL ? fail_trust(walker, name, problem) : 0;
}

/* ---- the walk ---- */

/* Cut the next name out of the rest. Returns 0 at the end, -1 if it is too long. */
static int next_name(struct walker *walker, char name[NAME_MAX + 1])
{
	const char *start = walker->rest + strspn(walker->rest, "/");
	size_t length = strcspn(start, "/");

	if (length > NAME_MAX)
		return fail(walker->problem, TRUSTED_NOT_OPENED, ENAMETOOLONG);
	memcpy(name, start, length);
	name[length] = '\0';
	memmove(walker->rest, start + length, strlen(start + length) + 1);
	return length > 0;
}

/* first and what of the rest comes behind it is what is still to be walked. */
static int prepend(struct walker *walker, const char *first)
{
	size_t length = strlen(first), rest = strlen(walker->rest);

	if (length + 1 + rest >= sizeof walker->rest)
		return fail(walker->problem, TRUSTED_NOT_OPENED, ENAMETOOLONG);
	memmove(walker->rest + length + 1, walker->rest, rest + 1);
	memcpy(walker->rest, first, length);
	walker->rest[length] = '/';
	return 0;
}

/* The place becomes the folder that was reached; the one before is closed. */
static int settle(struct walker *walker, int place, const struct stat *status, const char *name)
{
	size_t length = strlen(walker->done);

	if (walker->folder >= 0)
		close(walker->folder);
	walker->folder = place;
	walker->folder_status = *status;
	if (name[0] == '\0')
		walker->done[0] = '\0';
	else if (length + 1 + strlen(name) >= sizeof walker->done)
		return fail(walker->problem, TRUSTED_NOT_OPENED, ENAMETOOLONG);
	else
		(void)snprintf(walker->done + length, sizeof walker->done - length, "/%s", name);
	return 0;
}

static int begin_at_root(struct walker *walker)
{
	struct stat status;
	int place;

	if (walker->folder >= 0)
		close(walker->folder);
	walker->folder = -1;
	walker->done[0] = '\0';
	place = walker->walk->start(walker->walk->context);
	if (place < 0)
		return fail(walker->problem, TRUSTED_NOT_OPENED, errno);
	if (judge(place, "", walker, &status) < 0) {
		close(place);
		return -1;
	}
	return settle(walker, place, &status, "");
}

/*
 * ".." of a link's target: the way that was come, less its last name. It is walked
 * from the root, so that nothing but names below a judged folder is ever opened.
 */
static int go_up(struct walker *walker)
{
	char way[PATH_MAX];
	char *last;

	memcpy(way, walker->done, sizeof way);
	last = strrchr(way, '/');
	if (last != NULL)
		*last = '\0';
	return prepend(walker, way) < 0 ? -1 : begin_at_root(walker);
}

/* Put a link's target in front of the rest. The place is consumed. */
static int follow(struct walker *walker, int place, const char *name)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(place, "", target, sizeof target);
	int error = errno;

	close(place);
	if (length < 0)
		return fail(walker->problem, TRUSTED_SYSTEM, error);
	if (++walker->links > TRUSTED_LINKS_MAX)
		return fail_trust(walker, name, "leads through too many symbolic links");
	if (length == 0 || (size_t)length >= sizeof target)
		return fail_trust(walker, name, "is a symbolic link without a usable target");
	target[length] = '\0';
	if (prepend(walker, target) < 0)
		return -1;
	return target[0] == '/' ? begin_at_root(walker) : 0;
}

/* The walk ends at a file of that name in the folder that was reached. */
static int open_file(struct walker *walker, const char *name, mode_t kind)
{
	struct stat status;
	int fd;

	if (walker->rest[strspn(walker->rest, "/")] != '\0' || kind == S_IFDIR)
		return fail_trust(walker, name, "is not a folder");
	fd = walker->walk->open(walker->walk->context, walker->folder, name, S_IFREG);
	if (fd < 0)
		return fail(walker->problem, TRUSTED_NOT_OPENED, errno);
	/* Root may have put something else there meanwhile. */
	if (judge(fd, name, walker, &status) == 0) {
		if (S_ISREG(status.st_mode))
			return fd;
		(void)fail_trust(walker, name, "is not a regular file");
	}
	close(fd);
	return -1;
}

/* The walk ends at the folder that was reached. */
static int open_folder(struct walker *walker, mode_t kind)
{
	int fd;

	if ((walker->folder_status.st_mode & OTHERS_WRITE) != 0)
		return fail_trust(walker, "", "is writable by group or others");
	if (kind == S_IFREG) {
		(void)fail_trust(walker, "", "is not a regular file");
		walker->problem->kind = TRUSTED_IS_FOLDER;
		return -1;
	}
	fd = walker->walk->open(walker->walk->context, walker->folder, ".", S_IFDIR);
	return fd < 0 ? fail(walker->problem, TRUSTED_NOT_OPENED, errno) : fd;
}

/* One name further. Returns 1 if the way goes on, 0 if a file was reached, or -1. */
static int step(struct walker *walker, const char *name)
{
	struct stat status;
	int place;

	if (++walker->steps > STEPS_MAX)
		return fail_trust(walker, name, "is too long a way");
	if (strcmp(name, ".") == 0)
		return 1;
	if (strcmp(name, "..") == 0)
		return go_up(walker) < 0 ? -1 : 1;
	place = walker->walk->enter(walker->walk->context, walker->folder, name);
	if (place < 0)
		return fail(walker->problem, TRUSTED_NOT_OPENED, errno);
	if (judge(place, name, walker, &status) < 0) {
		close(place);
		return -1;
	}
	if (S_ISDIR(status.st_mode))
		return settle(walker, place, &status, name) < 0 ? -1 : 1;
	if (S_ISLNK(status.st_mode))
		return follow(walker, place, name) < 0 ? -1 : 1;
	close(place);
	if (S_ISREG(status.st_mode))
		return 0;
	return fail_trust(walker, name, "is not a regular file");
}

static int walk_to_end(struct walker *walker, mode_t kind)
{
	char name[NAME_MAX + 1];
	int more = begin_at_root(walker) < 0 ? -1 : 1;

	while (more > 0) {
		int named = next_name(walker, name);

		if (named == 0)
			return open_folder(walker, kind);
		more = named < 0 ? -1 : step(walker, name);
	}
	return more < 0 ? -1 : open_file(walker, name, kind);
}

/* Whoever wrote "a/../b" may have meant another place than it leads to, if a is a link. */
static int is_plain(const char *path)
{
	if (path[0] != '/' || path[strspn(path, "/")] == '\0')
		return 0;
	for (const char *p = path; (p = strstr(p, "/..")) != NULL; p += 3) {
		if (p[3] == '/' || p[3] == '\0')
			return 0;
	}
	return 1;
}

int trusted_walk_open(const struct trusted_walk *walk, const char *path, mode_t kind,
		      struct trusted_problem *problem)
{
	struct walker walker = { .walk = walk, .problem = problem, .path = path, .folder = -1 };
	int fd;

	if (!is_plain(path))
		return fail_trust(&walker, "", "is not a plain absolute path");
	if (strlen(path) >= sizeof walker.rest)
		return fail(problem, TRUSTED_NOT_OPENED, ENAMETOOLONG);
	memcpy(walker.rest, path, strlen(path) + 1);
	fd = walk_to_end(&walker, kind);
	if (walker.folder >= 0)
		close(walker.folder);
	return fd;
}

int trusted_file_open(const char *path, mode_t kind, struct trusted_problem *problem)
{
	return trusted_walk_open(&trusted_walk_own, path, kind, problem);
}

int trusted_file_read(int fd, char **text_out, size_t *length_out, struct trusted_problem *problem)
{
	struct stat status;
	size_t size, length = 0;
	ssize_t got = 1;
	char *text;

	if (fstat(fd, &status) < 0)
		return fail(problem, TRUSTED_SYSTEM, errno);
	if (status.st_size < 0 || status.st_size > (off_t)TRUSTED_FILE_MAX)
		return fail(problem, TRUSTED_SYSTEM, EFBIG);
	size = (size_t)status.st_size;
	text = malloc(size + 1);
	if (text == NULL)
		return fail(problem, TRUSTED_SYSTEM, ENOMEM);
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
		return fail(problem, TRUSTED_SYSTEM, error);
	}
	text[length] = '\0';
	*text_out = text;
	*length_out = length;
	return 0;
}
