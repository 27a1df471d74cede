/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A root folder that has the named places and nothing else. */
#include "client/confine/root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

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

/* A file that the person may read and the program's own id may not. */
static int needs_copy(const struct confine *confine, const struct confine_place *place, int fd)
{
	struct stat status;

	return confine->ids.is_taken && place->access == CONFINE_READ &&
	       fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
	       (status.st_mode & S_IROTH) == 0;
}

int confine_root_open(const struct confine *confine, int *fds)
{
	for (size_t i = 0; i < confine->place_count; i++)
		fds[i] = -1;
	for (size_t i = 0; i < confine->place_count; i++) {
		const struct confine_place *place = &confine->places[i];

		fds[i] = open(place->path, O_PATH | O_CLOEXEC);
		if (fds[i] >= 0 && needs_copy(confine, place, fds[i])) {
			close(fds[i]);
			fds[i] = open(place->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		}
		if (fds[i] < 0 && (place->is_needed || errno == EMFILE || errno == ENFILE))
			return confine_fail(place->path, errno);
	}
	return 0;
}

/* ---- pieces ---- */

/* All folders above the last slash. */
static void make_parents(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0755);
		*slash = '/';
	}
}

static int mount_memory(const char *path, const char *options)
{
	char *target = text_format(BUILD "%s", path);
	int result;

	make_parents(target);
	(void)mkdir(target, 0755);
	result = mount("vmgrant", target, "tmpfs", MS_NOSUID | MS_NODEV, options);
	if (result < 0)
		(void)confine_fail(path, errno);
	free(target);
	return result;
}

/* Flags are only added: what the host has locked stays so. */
static int restrict_mount(const char *target, enum confine_access access)
{
	struct mount_attr attributes = { .attr_set = MOUNT_ATTR_NOSUID };

	if (access != CONFINE_NODE)
		attributes.attr_set |= MOUNT_ATTR_NODEV;
	if (access == CONFINE_READ || access == CONFINE_RUN)
		attributes.attr_set |= MOUNT_ATTR_RDONLY;
	return (int)syscall(SYS_mount_setattr, AT_FDCWD, target, 0x8000 /* AT_RECURSIVE */,
			    &attributes, sizeof attributes);
}

/* ---- one place ---- */

/* /lib is a link into /usr on most systems. Returns 1 if it was one. */
static int copy_link(const struct confine_place *place, const char *target)
{
	char text[4096];
	ssize_t length = readlink(place->path, text, sizeof text - 1);

	if (place->access != CONFINE_RUN || length <= 0)
		return 0;
	text[length] = '\0';
	return symlink(text, target) == 0;
}

/* Returns 0 or -1 with errno. */
static int bind_place(int fd, const char *target, enum confine_access access, mode_t mode)
{
	char source[32];
	int made = -1;

	if (S_ISDIR(mode)) {
		(void)mkdir(target, 0755);
	} else {
		made = open(target, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		if (made >= 0)
			close(made);
	}
	(void)snprintf(source, sizeof source, "/proc/self/fd/%d", fd);
	if (mount(source, target, NULL, MS_BIND | MS_REC, NULL) < 0)
		return -1;
	return restrict_mount(target, access);
}

/* Returns 0 or -1 with errno. */
static int copy_bytes(int from, off_t size)
{
	int to = open(COPY, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400), error;
	ssize_t done = to < 0 ? -1 : 1;

	if (size > COPY_BYTES_MAX) {
		errno = EFBIG;
		done = -1;
	}
	while (to >= 0 && done > 0)
		done = sendfile(to, from, NULL, COPY_BYTES_MAX);
	error = errno;
	if (to >= 0)
		close(to);
	errno = error;
	return done < 0 ? -1 : 0;
}

/* A mount, as the file may be in a folder that is there already. Returns 0 or -1 with errno. */
static int copy_file(int from, const char *target, const struct stat *status)
{
	int result = copy_bytes(from, status->st_size), copy = -1, error;

	if (result == 0)
		copy = open(COPY, O_PATH | O_CLOEXEC);
	if (copy >= 0)
		result = bind_place(copy, target, CONFINE_READ, status->st_mode);
	error = errno;
	if (copy >= 0)
		close(copy);
	(void)unlink(COPY);
	errno = error;
	return copy < 0 ? -1 : result;
}

static int is_opened(int fd)
{
	return (fcntl(fd, F_GETFL) & O_PATH) == 0;
}

static int place_one(const struct confine_place *place, int fd)
{
	char *target = text_format(BUILD "%s", place->path);
	struct stat status;
	int result = 0;

	make_parents(target);
	if (fstat(fd, &status) < 0)
		result = -1;
	else if (is_opened(fd))
		result = copy_file(fd, target, &status);
	else if (!copy_link(place, target))
		result = bind_place(fd, target, place->access, status.st_mode);
	if (result < 0)
		(void)confine_fail(place->path, errno);
	free(target);
	return result;
}

/* ---- the whole ---- */

static int mount_processes(void)
{
	(void)mkdir(BUILD "/proc", 0755);
	if (mount("proc", BUILD "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		/* A container that hides parts of its own /proc lets nobody have a new one. */
		return confine_fail("/proc: a new one cannot be mounted", errno);
	/* Where the id is the person's own, it would list the person's keys. */
	return mount(BUILD "/dev/null", BUILD "/proc/keys", NULL, MS_BIND, NULL) < 0 &&
			       errno != ENOENT
		       ? confine_fail("/proc/keys", errno) : 0;
}

static int fill(const struct confine *confine, const int *fds, const char *folder)
{
	static const char *const scratch[] = CONFINE_SCRATCH;
	char *here = text_format(BUILD "%s/", folder);
	char usb[] = BUILD CONFINE_USB_NODES "/none/";
	int result = 0;

	for (size_t i = 0; result == 0 && i < sizeof scratch / sizeof scratch[0]; i++)
		result = mount_memory(scratch[i], "mode=0700");
	for (size_t i = 0; result == 0 && i < confine->place_count; i++) {
		if (fds[i] >= 0)
			result = place_one(&confine->places[i], fds[i]);
	}
	make_parents(usb);
	make_parents(here);
	free(here);
	return result == 0 ? mount_processes() : result;
}

int confine_root_enter(const struct confine *confine, const int *fds, const char *folder)
{
	const char *build = BUILD;
	struct mount_attr read_only = { .attr_set = MOUNT_ATTR_RDONLY };

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return confine_fail("mounts", errno);
	if (mount("vmgrant", build, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") < 0)
		return confine_fail("a root folder cannot be made", errno);
	if (fill(confine, fds, folder) < 0)
		return -1;
	if (chdir(build) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", DETACH) < 0)
		return confine_fail("a root folder cannot be entered", errno);
	if (syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, &read_only, sizeof read_only) < 0)
		return confine_fail("a root folder cannot be made read-only", errno);
	if (chdir(folder) < 0 && chdir("/") < 0)
		return confine_fail(folder, errno);
	return 0;
}
