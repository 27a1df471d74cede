/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Names of disks. Needs no privilege. */
#include "judge/kind/disk/name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEV "/dev/"
#define LINKS_MAX 8u
#define WAY_SIZE 1024u
#define UUID_LENGTH 36u

/* ---- the words ---- */

static int starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* "01234567-89ab-cdef-0123-456789abcdef"; a DOS partition table has shorter ones. */
static int is_uuid(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (strlen(text) != UUID_LENGTH)
		return 0;
	for (size_t i = 0; i < UUID_LENGTH; i++) {
		if (form[i] == '-' ? text[i] != '-' : strchr("0123456789abcdef", text[i]) == NULL)
			return 0;
	}
	return 1;
}

/* Folders of /dev whose files are no volumes. */
static int is_reserved(const char *folder, size_t length)
{
	static const char *const names[] = { "disk", "mapper", "block", "char", "bus", "input", "fd",
					     "shm", "pts", "mqueue", "hugepages", "vfio", "net",
					     "dri", "snd", "cpu", "md" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strlen(names[i]) == length && strncmp(names[i], folder, length) == 0)
			return 1;
	}
	return 0;
}

static enum disk_name_class classify_link(const char *folder, const char *file,
					  const char **problem)
{
	*problem = NULL;
	if (strchr(file, '/') == NULL && starts(folder, "by-id/")) {
		if (!starts(file, "lvm-pv-uuid-"))
			return DISK_NAME_ID;
		*problem = "whoever writes the disk chooses this name: use another of "
			   "/dev/disk/by-id, or of by-path";
	} else if (strchr(file, '/') == NULL && starts(folder, "by-path/")) {
		return DISK_NAME_PATH;
	} else if (starts(folder, "by-partuuid/")) {
		if (is_uuid(file))
			return DISK_NAME_PARTUUID;
		*problem = "only the partitions of a GPT have an id of their own: use /dev/disk/by-id";
	} else if (starts(folder, "by-label/") || starts(folder, "by-uuid/") ||
		   starts(folder, "by-partlabel/")) {
		*problem = "whoever writes the disk chooses its label and its file system's uuid: use "
			   "/dev/disk/by-id";
	} else {
		*problem = "of /dev/disk a rule may use by-id, by-path and by-partuuid";
	}
	return DISK_NAME_NONE;
}

enum disk_name_class disk_name_classify(const char *name, const char **problem_out)
{
	const char *rest = name + strlen(DEV), *slash;

	*problem_out = "expected a name like /dev/disk/by-id/NAME, /dev/VG/LV or /dev/mapper/NAME";
	if (!disk_name_is_valid(name))
		return DISK_NAME_NONE;
	slash = strchr(rest, '/');
	if (slash == NULL) {
		*problem_out = "such names are given in the order in which disks are found: use one of "
			       "/dev/disk/by-id";
		return DISK_NAME_NONE;
	}
	if (starts(rest, "disk/") && strchr(slash + 1, '/') != NULL)
		return classify_link(slash + 1, strchr(slash + 1, '/') + 1, problem_out);
	if (strchr(slash + 1, '/') != NULL)
		return DISK_NAME_NONE;
	if (starts(rest, "mapper/") && strcmp(slash + 1, "control") != 0) {
		*problem_out = NULL;
		return DISK_NAME_MAPPER;
	}
	if (is_reserved(rest, (size_t)(slash - rest)))
		return DISK_NAME_NONE;
	*problem_out = NULL;
	return DISK_NAME_VOLUME;
}

int disk_name_is_valid(const char *name)
{
	const char *part = name + strlen(DEV);

	if (!starts(name, DEV) || strlen(name) > DISK_NAME_MAX)
		return 0;
	for (const char *byte = name; *byte != '\0'; byte++) {
		if (*byte <= ' ' || *byte > '~')
			return 0;
	}
	for (size_t length;; part += length + 1) {
		length = strcspn(part, "/");
		if (length == 0 || (length == 1 && part[0] == '.') ||
		    (length == 2 && part[0] == '.' && part[1] == '.'))
			return 0;
		if (part[length] == '\0')
			return 1;
	}
}

/* ---- the way ---- */

/* A way below /dev, "disk/by-id/ata-X", without "." and "..". */
struct way {
	char text[WAY_SIZE];
};

/*
 * Add the parts of a path to a way. What leads above /dev is no way; the folders on it are
 * no links, so ".." is the one before.
 */
static int add_path(struct way *way, const char *path)
{
	size_t used = strlen(way->text);

	for (size_t length; *path != '\0'; path += length) {
		path += strspn(path, "/");
		length = strcspn(path, "/");
		if (length == 0 || (length == 1 && path[0] == '.'))
			continue;
		if (length == 2 && path[0] == '.' && path[1] == '.') {
			char *slash = strrchr(way->text, '/');

			if (used == 0)
				return -EPERM;
			used = slash != NULL ? (size_t)(slash - way->text) : 0;
			way->text[used] = '\0';
			continue;
		}
		if (used + length + 2 > sizeof way->text)
			return -ENAMETOOLONG;
		if (used > 0)
			way->text[used++] = '/';
		memcpy(way->text + used, path, length);
		used += length;
		way->text[used] = '\0';
	}
	return used > 0 ? 0 : -EPERM;
}

/* Nobody but root may put another thing there. */
static int is_roots(const struct stat *status)
{
	return status->st_uid == 0 && (S_ISLNK(status->st_mode) || (status->st_mode & 022) == 0);
}

/* The link at fd, whose folder is the first used bytes of the way: the way goes on behind it. */
static int follow(struct way *way, size_t used, const char *rest, int fd)
{
	char target[WAY_SIZE];
	struct way next;
	ssize_t length = readlinkat(fd, "", target, sizeof target);
	const char *from = target;
	int result;

	if (length <= 0 || (size_t)length == sizeof target)
		return length < 0 ? -errno : -ENAMETOOLONG;
	target[length] = '\0';
	(void)snprintf(next.text, sizeof next.text, "%.*s", (int)used, way->text);
	if (target[0] == '/') {
		if (!starts(target, DEV))
			return -EPERM;
		from = target + strlen(DEV);
		next.text[0] = '\0';
	}
	result = add_path(&next, from);
	if (result == 0)
		result = add_path(&next, rest);
	*way = next;
	return result;
}

/*
 * Walk until a link or the end. Returns 1 with the way leading on behind a link, 0 with
 * the number of the block device at the end, or -errno.
 */
static int walk(int dev, struct way *way, dev_t *number_out)
{
	char part[WAY_SIZE];
	size_t used = 0;
	int folder = dev, result = 0;

	for (const char *name = way->text;;) {
		const size_t length = strcspn(name, "/");
		struct stat status;
		int fd;

		(void)snprintf(part, sizeof part, "%.*s", (int)length, name);
		fd = openat(folder, part, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		result = fd < 0 || fstat(fd, &status) < 0 ? -errno : 0;
		if (folder != dev)
			close(folder);
		folder = fd;
		if (result < 0)
			break;
		if (S_ISLNK(status.st_mode)) {
			const char *rest = name + length;

			memcpy(part, rest, strlen(rest) + 1);
			result = is_roots(&status) ? follow(way, used, part, fd) : -EPERM;
			result = result == 0 ? 1 : result;
			break;
		}
		if (name[length] == '\0') {
			*number_out = status.st_rdev;
			result = S_ISBLK(status.st_mode) ? 0 : -ENOTBLK;
			break;
		}
		if (!S_ISDIR(status.st_mode) || !is_roots(&status)) {
			result = S_ISDIR(status.st_mode) ? -EPERM : -ENOTDIR;
			break;
		}
		used = (size_t)(name - way->text) + length;
		name += length + 1;
	}
	if (folder >= 0 && folder != dev)
		close(folder);
	return result;
}

int disk_name_find(int dev, const char *name, dev_t *number_out)
{
	struct way way = { "" };
	int result = add_path(&way, name + strlen(DEV));

	if (result < 0)
		return result;
	for (unsigned links = 0; links <= LINKS_MAX; links++) {
		result = walk(dev, &way, number_out);
		if (result <= 0)
			return result;
	}
	return -ELOOP;
}
