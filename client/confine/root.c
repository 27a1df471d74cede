/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A root folder that has the named places and nothing else. */
#include "client/confine/root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/text/message.h"
#include "client/text/text.h"

/* From sys/mount.h, which does not go together with linux/mount.h everywhere. */
int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data);
int umount2(const char *target, int flags);
#define DETACH 2

/* Where it is put together; what the person has there was opened before. */
#define BUILD "/tmp"

/* Kernels and firmware that only the person may read are copied, up to this size. */
#define COPY_BYTES_MAX (256 << 20)
#define COPY BUILD "/.copy"

/* ---- pieces ---- */

/* The kernel asks for another try where a folder was moved meanwhile; a guest may do that for ever. */
#define TRIES_MAX 1000

/*
 * What the program will find at that path. A folder of guests' may be there already, in which a
 * link can appear at any time: it leads nowhere out of the new root.
 */
static int open_in_root(int root_fd, const char *path, int flags, unsigned long long resolve)
{
	const struct open_how how = {
		.flags = (unsigned)flags | O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | resolve,
	};
	int fd, tries = 0;

	do
		fd = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof how);
	while (fd < 0 && errno == EAGAIN && ++tries < TRIES_MAX);
	return fd;
}

/* All folders above the last slash. Returns the last of them, or -1 with errno. */
static int make_parents(int root_fd, const char *path)
{
	int fd = open_in_root(root_fd, "/", O_DIRECTORY, 0);
	const char *name = path + 1, *slash;

	for (; fd >= 0 && (slash = strchr(name, '/')) != NULL; name = slash + 1) {
		char *whole = text_format("%.*s", (int)(slash - path), path);

		(void)mkdirat(fd, whole + (name - path), 0755);
		close(fd);
		fd = open_in_root(root_fd, whole, O_DIRECTORY, 0);
		free(whole);
	}
	return fd;
}

static void make_folder(int root_fd, const char *path)
{
	char *inside = text_format("%s/", path);
	int fd = make_parents(root_fd, inside);

	if (fd >= 0)
		close(fd);
	free(inside);
}

static int mount_memory(int root_fd, const char *path, const char *options)
{
	char *target = text_format(BUILD "%s", path);
	int result;

	/* Ours alone: no place is mounted yet. */
	make_folder(root_fd, path);
	result = mount("vmgrant", target, "tmpfs", MS_NOSUID | MS_NODEV, options);
	if (result < 0)
		(void)confine_fail(path, errno);
	free(target);
	return result;
}

/* Flags are only added: what the host has locked stays so. */
static int restrict_tree(int tree_fd, enum confine_access access)
{
	struct mount_attr attributes = { .attr_set = MOUNT_ATTR_NOSUID };

	if (access != CONFINE_NODE)
		attributes.attr_set |= MOUNT_ATTR_NODEV;
	if (access == CONFINE_READ || access == CONFINE_RUN)
		attributes.attr_set |= MOUNT_ATTR_RDONLY;
	return (int)syscall(SYS_mount_setattr, tree_fd, "", AT_EMPTY_PATH | AT_RECURSIVE,
			    &attributes, sizeof attributes);
}

/* Restricted before it can be seen. Returns 0 or -1 with errno. */
static int mount_tree(int fd, int target_fd, enum confine_access access)
{
	int tree_fd =
		(int)syscall(SYS_open_tree, fd, "",
			     AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	int result, error;

	if (tree_fd < 0)
		return -1;
	result = restrict_tree(tree_fd, access);
	if (result == 0)
		result = (int)syscall(SYS_move_mount, tree_fd, "", target_fd, "",
				      MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
	error = errno;
	close(tree_fd);
	errno = error;
	return result;
}

/* ---- one place ---- */

struct building {
	int root_fd;
	const struct confine_place *place;
	int parent_fd;
};

/* /lib is a link into /usr on most systems. Returns 1 if it was one. */
static int copy_link(const struct building *building)
{
	const struct confine_place *place = building->place;
	char text[4096];
	ssize_t length = readlink(place->path, text, sizeof text - 1);

	if (place->access != CONFINE_RUN || length <= 0)
		return 0;
	text[length] = '\0';
	return symlinkat(text, building->parent_fd, text_base_name(place->path)) == 0;
}

/*
 * There, and by no link: in a folder of guests' one would have it lie on a program, or on the
 * root. A link of the system, or one in a folder that is named, leads to the very file.
 */
static int open_there(const struct building *building, const struct stat *wanted)
{
	const char *path = building->place->path;
	int fd = open_in_root(building->root_fd, path, 0, RESOLVE_NO_SYMLINKS);
	struct stat found;

	if (fd >= 0 || errno != ELOOP)
		return fd;
	fd = open_in_root(building->root_fd, path, 0, 0);
	if (fd < 0 || (fstat(fd, &found) == 0 && found.st_dev == wanted->st_dev &&
		       found.st_ino == wanted->st_ino))
		return fd;
	close(fd);
	errno = ESTALE;
	return -1;
}

/* Where it is to be, made if it is not there. Returns the fd or -1 with errno. */
static int open_target(const struct building *building, const struct stat *wanted)
{
	const char *name = text_base_name(building->place->path);
	int made;

	if (S_ISDIR(wanted->st_mode)) {
		(void)mkdirat(building->parent_fd, name, 0755);
	} else {
		made = openat(building->parent_fd, name,
			      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (made >= 0)
			close(made);
	}
	return open_there(building, wanted);
}

/* wanted: of the place, of which fd may be a copy. Returns 0 or -1 with errno. */
static int bind_place(const struct building *building, int fd, const struct stat *wanted)
{
	int target_fd = open_target(building, wanted), result, error;

	if (target_fd < 0)
		return -1;
	result = mount_tree(fd, target_fd, building->place->access);
	error = errno;
	close(target_fd);
	errno = error;
	return result;
}

/* Returns 0 or -1 with errno. */
static int copy_bytes(int from, off_t size)
{
	int to = open(COPY, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400), error;
	ssize_t done = to < 0 ? -1 : 1;
	off_t sum = 0;

	/* It may grow meanwhile. */
	while (to >= 0 && done > 0 && sum <= COPY_BYTES_MAX) {
		done = sendfile(to, from, NULL, COPY_BYTES_MAX);
		sum += done;
	}
	if (done >= 0 && (size > COPY_BYTES_MAX || sum > COPY_BYTES_MAX)) {
		errno = EFBIG;
		done = -1;
	}
	error = errno;
	if (to >= 0)
		close(to);
	errno = error;
	return done < 0 ? -1 : 0;
}

/* A mount, as the file may be in a folder that is there already. The fd becomes the copy's. */
static int copy_file(const struct building *building, int *fd, const struct stat *status)
{
	int result = copy_bytes(*fd, status->st_size), copy = -1, error;

	if (result == 0)
		copy = open(COPY, O_PATH | O_CLOEXEC);
	if (copy >= 0)
		result = bind_place(building, copy, status);
	error = errno;
	if (copy >= 0) {
		close(*fd);
		*fd = copy;
	}
	(void)unlink(COPY);
	errno = error;
	return copy < 0 ? -1 : result;
}

static int is_opened(int fd)
{
	return (fcntl(fd, F_GETFL) & O_PATH) == 0;
}

static int place_one(int root_fd, const struct confine_place *place, int *fd)
{
	const struct building building = { root_fd, place, make_parents(root_fd, place->path) };
	struct stat status;
	int result = 0;

	if (building.parent_fd < 0 || fstat(*fd, &status) < 0)
		result = -1;
	else if (is_opened(*fd))
		result = copy_file(&building, fd, &status);
	else if (!copy_link(&building))
		result = bind_place(&building, *fd, &status);
	if (result < 0)
		(void)confine_fail(place->path, errno);
	if (building.parent_fd >= 0)
		close(building.parent_fd);
	return result;
}

/* ---- the whole ---- */

static int mount_processes(void)
{
	(void)mkdir(BUILD "/proc", 0755);
	if (mount("proc", BUILD "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		/* A container that hides parts of its own /proc lets nobody have a new one. */
		return confine_fail(_("/proc: a new one cannot be mounted"), errno);
	/* Where the id is the person's own, it would list the person's keys. */
	return mount(BUILD "/dev/null", BUILD "/proc/keys", NULL, MS_BIND, NULL) < 0 &&
			       errno != ENOENT
		       ? confine_fail("/proc/keys", errno) : 0;
}

static int fill(const struct confine *confine, int *fds, const char *folder, int root_fd)
{
	static const char *const scratch[] = CONFINE_SCRATCH;
	int result = 0;

	for (size_t i = 0; result == 0 && i < sizeof scratch / sizeof scratch[0]; i++)
		result = mount_memory(root_fd, scratch[i], "mode=0700");
	for (size_t i = 0; result == 0 && i < confine->place_count; i++) {
		if (fds[i] >= 0)
			result = place_one(root_fd, &confine->places[i], &fds[i]);
	}
	make_folder(root_fd, CONFINE_USB_NODES "/none");
	make_folder(root_fd, folder);
	return result == 0 ? mount_processes() : result;
}

static int build(const struct confine *confine, int *fds, const char *folder)
{
	int root_fd = open(BUILD, O_PATH | O_DIRECTORY | O_CLOEXEC), result;

	if (root_fd < 0)
		return confine_fail(_("a root folder cannot be opened"), errno);
	result = fill(confine, fds, folder, root_fd);
	close(root_fd);
	return result;
}

int confine_root_enter(const struct confine *confine, int *fds, const char *folder)
{
	struct mount_attr read_only = { .attr_set = MOUNT_ATTR_RDONLY };

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return confine_fail(_("mounts"), errno);
	if (mount("vmgrant", BUILD, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") < 0)
		return confine_fail(_("a root folder cannot be made"), errno);
	if (build(confine, fds, folder) < 0)
		return -1;
	if (chdir(BUILD) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", DETACH) < 0)
		return confine_fail(_("a root folder cannot be entered"), errno);
	if (syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, &read_only, sizeof read_only) < 0)
		return confine_fail(_("a root folder cannot be made read-only"), errno);
	if (chdir(folder) < 0 && chdir("/") < 0)
		return confine_fail(folder, errno);
	return 0;
}
