/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Opening a file past folders that a guest may write. Runs as the person.
 *
 * A guest of the past, or one that runs, may put a link into such a folder at any time. So
 * nothing is judged by its path and opened by it then: the way is gone once, from folder to
 * folder, each of them open. In the first one that a guest may write the kernel opens the rest
 * beneath it, and what it opened is judged. Before it only the person and root change anything.
 */
#include "client/confine/reach.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "client/text/text.h"

#define FOLDER (O_PATH | O_DIRECTORY | O_CLOEXEC)
/* As the kernel. */
#define LINKS_MAX 40
/* The kernel asks for another try where a folder was moved meanwhile; a guest may do that for ever. */
#define TRIES_MAX 1000
/* The id of who has no number here. */
#define NOBODY 65534u

struct walk {
	const struct confine *confine;
	struct confine *learning; /* gets the folders that a guest may write; NULL: known are all */
	int flags;
	int folder_fd;
	char *rest; /* of the path, from that folder on */
	int links;
	char **share_out;
};

/* ---- folders that a guest may write ---- */

static void add_share(struct confine *confine, const struct stat *status)
{
	confine->shares = text_need(reallocarray(confine->shares, confine->share_count + 1,
						 sizeof *confine->shares));
	confine->shares[confine->share_count++] =
		(struct confine_share){ status->st_dev, status->st_ino };
}

void confine_share(struct confine *confine, const char *path)
{
	struct stat status;

	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode))
		add_share(confine, &status);
}

static int is_known(const struct confine *confine, const struct stat *status)
{
	for (size_t i = 0; i < confine->share_count; i++) {
		if (confine->shares[i].device == status->st_dev &&
		    confine->shares[i].inode == status->st_ino)
			return 1;
	}
	return 0;
}

static int has_acl(int fd)
{
	char *path = text_format("/proc/self/fd/%d", fd);
	ssize_t size = getxattr(path, "system.posix_acl_access", NULL, 0);

	free(path);
	return size > 0;
}

static int is_trusted(unsigned uid)
{
	return uid == 0 || uid == geteuid() || uid == NOBODY;
}

/*
 * A guest has a user of its own and no group. It writes what everybody may, what is its own, and
 * what a list names it for; with such a list the bits of the group are the most that it gives.
 * In a folder as /tmp nobody takes away what is another's.
 */
static int is_open_to_others(int fd, const struct stat *status)
{
	if (!is_trusted(status->st_uid))
		return 1;
	if ((status->st_mode & S_ISVTX) != 0)
		return 0;
	return (status->st_mode & S_IWOTH) != 0 ||
	       ((status->st_mode & S_IWGRP) != 0 && has_acl(fd));
}

static int is_shared(const struct walk *walk)
{
	struct stat status;

	if (fstat(walk->folder_fd, &status) < 0)
		return 0;
	if (is_known(walk->confine, &status))
		return 1;
	if (walk->learning == NULL || !is_open_to_others(walk->folder_fd, &status))
		return 0;
	add_share(walk->learning, &status);
	return 1;
}

/* ---- beneath one ---- */

/* A pipe would hold whoever opens it; a guest makes no nodes of devices. Returns fd, or -1. */
static int judge(int fd, int flags)
{
	const int is_place = (flags & O_PATH) != 0;
	struct stat status;
	int error = 0;

	if (fstat(fd, &status) < 0)
		error = errno;
	else if (S_ISFIFO(status.st_mode) || (!is_place && !S_ISREG(status.st_mode)))
		error = ENXIO;
	else if (is_place)
		return fd;
	else if ((flags & O_TRUNC) != 0 && ftruncate(fd, 0) < 0)
		error = errno;
	else if ((flags & O_NONBLOCK) == 0 && fcntl(fd, F_SETFL, flags & O_APPEND) < 0)
		error = errno;
	if (error == 0)
		return fd;
	close(fd);
	errno = error;
	return -1;
}

static void tell_share(const struct walk *walk)
{
	char *link, path[PATH_MAX];
	ssize_t length;

	if (walk->share_out == NULL)
		return;
	link = text_format("/proc/self/fd/%d", walk->folder_fd);
	length = readlink(link, path, sizeof path);
	free(link);
	free(*walk->share_out);
	*walk->share_out = text_format("%.*s", (int)(length < 0 ? 0 : length), path);
}

static int open_beneath(const struct walk *walk)
{
	const unsigned without_wait = (walk->flags & O_PATH) != 0 ? 0 : O_NONBLOCK;
	const struct open_how how = {
		.flags = (unsigned)(walk->flags & ~O_TRUNC) | without_wait,
		.mode = (walk->flags & O_CREAT) != 0 ? 0600 : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	const char *rest = *walk->rest == '\0' ? "." : walk->rest;
	int fd, tries = 0;

	tell_share(walk);
	do
		fd = (int)syscall(SYS_openat2, walk->folder_fd, rest, &how, sizeof how);
	while (fd < 0 && errno == EAGAIN && ++tries < TRIES_MAX);
	return fd < 0 ? fd : judge(fd, walk->flags);
}

/* ---- the way there ---- */

/* Takes the next name off the rest. Returns it, to be freed; NULL: there is none. */
static char *take_name(struct walk *walk, int *is_last_out)
{
	const char *start = walk->rest + strspn(walk->rest, "/");
	const size_t length = strcspn(start, "/");
	const char *after = start + length + strspn(start + length, "/");
	char *name, *rest;

	if (length == 0)
		return NULL;
	name = text_format("%.*s", (int)length, start);
	/* What a slash follows is a folder. */
	*is_last_out = start[length] == '\0';
	rest = text_format("%s", after);
	free(walk->rest);
	walk->rest = rest;
	return name;
}

static int go_to(struct walk *walk, int folder_fd)
{
	if (folder_fd < 0)
		return -1;
	close(walk->folder_fd);
	walk->folder_fd = folder_fd;
	return 0;
}

/* /proc/self/fd/5 is no path: the kernel goes there. */
static int is_in_proc(int fd)
{
	struct statfs status;

	return fstatfs(fd, &status) == 0 && status.f_type == PROC_SUPER_MAGIC;
}

/* In a folder as /tmp, where everybody makes links. The kernel follows none of others there, either. */
static int is_anothers(const struct walk *walk, int link_fd)
{
	struct stat folder, link;

	return walk->learning != NULL && fstat(walk->folder_fd, &folder) == 0 &&
	       (folder.st_mode & (S_IWOTH | S_ISVTX)) != 0 && fstat(link_fd, &link) == 0 &&
	       !is_trusted(link.st_uid);
}

/* Puts what it leads to before the rest. Returns 0 or -1 with errno. */
static int follow(struct walk *walk, int link_fd, int is_last)
{
	char text[PATH_MAX], *rest;
	ssize_t length = readlinkat(link_fd, "", text, sizeof text);

	if (length < 0)
		return -1;
	if (++walk->links > LINKS_MAX || (size_t)length == sizeof text) {
		errno = ELOOP;
		return -1;
	}
	if (is_anothers(walk, link_fd)) {
		tell_share(walk);
		errno = EXDEV;
		return -1;
	}
	rest = text_format("%.*s%s%s", (int)length, text, is_last ? "" : "/", walk->rest);
	free(walk->rest);
	walk->rest = rest;
	return *text == '/' ? go_to(walk, open("/", FOLDER)) : 0;
}

/* Returns -1 with errno, or 0, and then *fd_out is -1 if the way goes on. */
static int take_step(struct walk *walk, int *fd_out)
{
	struct stat status;
	int is_last = 0, result = 0, next_fd;
	char *name = take_name(walk, &is_last);

	if (name == NULL) {
		*fd_out = openat(walk->folder_fd, ".", walk->flags & ~(O_CREAT | O_TRUNC));
		return *fd_out < 0 ? -1 : 0;
	}
	next_fd = openat(walk->folder_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (next_fd >= 0 && fstat(next_fd, &status) == 0 && S_ISLNK(status.st_mode) &&
	    !is_in_proc(next_fd)) {
		result = follow(walk, next_fd, is_last);
	} else if (is_last) {
		/* Of nobody else's making; only in /proc is it a link by now. */
		const int kept = next_fd >= 0 && S_ISLNK(status.st_mode) ? 0 : O_NOFOLLOW;

		*fd_out = openat(walk->folder_fd, name, walk->flags | kept, 0600);
		result = *fd_out < 0 ? -1 : 0;
	} else {
		/* Whoever may exchange it in /tmp has no link of theirs followed here, either. */
		const int kept = next_fd >= 0 && is_in_proc(next_fd) ? 0 : O_NOFOLLOW;

		result = go_to(walk, openat(walk->folder_fd, name, FOLDER | kept));
	}
	free(name);
	if (next_fd >= 0) {
		const int error = errno;

		close(next_fd);
		errno = error;
	}
	return result;
}

static int walk_there(struct walk *walk)
{
	int fd = -1, result = 0;

	walk->folder_fd = open("/", FOLDER);
	if (walk->folder_fd < 0)
		return -1;
	while (result == 0 && fd < 0 && !is_shared(walk))
		result = take_step(walk, &fd);
	if (result == 0 && fd < 0)
		fd = open_beneath(walk);
	result = errno;
	close(walk->folder_fd);
	errno = result;
	return fd;
}

static int reach(struct walk *walk, const char *path)
{
	char *here = *path == '/' ? NULL : getcwd(NULL, 0);
	int fd, error;

	if (*path == '\0' || (*path != '/' && here == NULL)) {
		free(here);
		errno = ENOENT;
		return -1;
	}
	walk->rest = here == NULL ? text_format("%s", path) : text_format("%s/%s", here, path);
	fd = walk_there(walk);
	error = errno;
	free(walk->rest);
	free(here);
	errno = error;
	return fd;
}

int confine_open(struct confine *confine, const char *path, int flags, char **share_out)
{
	struct walk walk = {
		.confine = confine, .learning = confine, .flags = flags, .share_out = share_out
	};

	return reach(&walk, path);
}

int reach_known(const struct confine *confine, const char *path, int flags)
{
	struct walk walk = { .confine = confine, .flags = flags };

	return reach(&walk, path);
}
