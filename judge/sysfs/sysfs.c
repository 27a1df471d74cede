/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What the kernel says about devices, read below folders that are open. */
#include "judge/sysfs/sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "wire/process/directory.h"

#define NUMBER_SIZE 32u
#define TARGET_SIZE 1024

/* O_NONBLOCK: nothing that stands there may stop the program. */
#define READING (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

/* Twelve and twenty bits, as the kernel splits them. */
#define DEVICE_MAJOR_MAX 0xfffu
#define DEVICE_MINOR_MAX 0xfffffu

/* Whether a name, of one part or several, leads downwards. */
static int is_name(const char *name)
{
	const char *part = name;

	for (;; name++) {
		const size_t length = (size_t)(name - part);

		if (*name != '/' && *name != '\0')
			continue;
		if (length == 0 || length > NAME_MAX ||
		    (length == 2 && part[0] == '.' && part[1] == '.'))
			return 0;
		if (*name == '\0')
			return 1;
		part = name + 1;
	}
}

/*
 * What failed with that error, as -errno. -ENOENT means to our callers that the kernel
 * has no such thing, and many a rule is silent then: so it is asked for a second time,
 * by another call. Where it is there, -ESTALE: it comes or goes at this moment.
 */
static int failure(int folder, const char *name, int error)
{
	struct stat status;

	if (error == ENOENT &&
	    (fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT))
		return -ESTALE;
	return -error;
}

/* Of what could be opened: it is there, whatever is said of it now. */
static int failure_of_open(int error)
{
	return error == ENOENT ? -ESTALE : -error;
}

static int open_below(int folder, const char *name, int flags)
{
	int fd;

	if (!is_name(name))
		return -EINVAL;
	fd = openat(folder, name, flags | O_CLOEXEC);
	return fd >= 0 ? fd : failure(folder, name, errno);
}

int sysfs_exists(int folder, const char *name)
{
	struct stat status;
	int error;

	if (!is_name(name))
		return -EINVAL;
	if (faccessat(folder, name, F_OK, 0) == 0)
		return 1;
	error = errno;
	/* Below what is no folder there is nothing, either. */
	if (error != ENOENT && error != ENOTDIR)
		return -error;
	return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0 && errno == error ? 0
											 : -ESTALE;
}

int sysfs_open(int folder, const char *name)
{
	return open_below(folder, name, O_PATH | O_DIRECTORY);
}

int sysfs_read_bytes(int folder, const char *name, uint8_t *bytes, size_t size)
{
	int fd = open_below(folder, name, READING);
	size_t length = 0;
	uint8_t more;
	ssize_t got = 1;
	int error;

	if (fd < 0)
		return fd;
	while (got > 0 && length < size) {
		got = read(fd, bytes + length, size - length);
		if (got > 0)
			length += (size_t)got;
	}
	if (got > 0)
		got = read(fd, &more, sizeof more);
	error = errno;
	close(fd);
	if (got < 0)
		return failure_of_open(error);
	return got == 0 ? (int)length : -EMSGSIZE;
}

/* One read gives the whole of a text, which is never more than a page. */
int sysfs_read(int folder, const char *name, char *text, size_t size)
{
	int fd = open_below(folder, name, READING);
	ssize_t length;
	int error;

	if (fd < 0)
		return fd;
	length = read(fd, text, size);
	error = errno;
	close(fd);
	if (length < 0)
		return failure_of_open(error);
	if (length > 0 && text[length - 1] == '\n')
		length--;
	else if ((size_t)length == size)
		return -EMSGSIZE;
	text[length] = '\0';
	return memchr(text, '\0', (size_t)length) == NULL ? (int)length : -EINVAL;
}

static int digit_of(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	return 16;
}

int sysfs_read_number(int folder, const char *name, unsigned base, uint32_t max,
		      uint32_t *number_out)
{
	char text[NUMBER_SIZE];
	const char *digits = text;
	uint64_t number = 0;
	int length = sysfs_read(folder, name, text, sizeof text);

	if (length < 0)
		return length;
	if (base == 16 && strncmp(text, "0x", 2) == 0)
		digits += 2;
	if (*digits == '\0')
		return -EINVAL;
	for (; *digits != '\0'; digits++) {
		unsigned digit = (unsigned)digit_of(*digits);

		number = number * base + digit;
		if (digit >= base || number > max)
			return -EINVAL;
	}
	*number_out = (uint32_t)number;
	return 0;
}

int sysfs_read_device(int folder, const char *name, dev_t *number_out)
{
	char text[NUMBER_SIZE], *colon, *rest;
	unsigned long first, second;
	int result = sysfs_read(folder, name, text, sizeof text);

	if (result < 0)
		return result;
	colon = strchr(text, ':');
	if (colon == NULL || digit_of(text[0]) > 9 || digit_of(colon[1]) > 9)
		return -EINVAL;
	first = strtoul(text, &rest, 10);
	if (rest != colon || first > DEVICE_MAJOR_MAX)
		return -EINVAL;
	second = strtoul(colon + 1, &rest, 10);
	if (*rest != '\0' || second > DEVICE_MINOR_MAX)
		return -EINVAL;
	*number_out = makedev((unsigned)first, (unsigned)second);
	return 0;
}

/* What a link points at. Returns its length, or -errno. */
static int read_target(int folder, const char *name, char target[TARGET_SIZE])
{
	ssize_t length;

	if (!is_name(name))
		return -EINVAL;
	length = readlinkat(folder, name, target, TARGET_SIZE);
	if (length < 0)
		return failure(folder, name, errno);
	if (length == TARGET_SIZE)
		return -EMSGSIZE;
	target[length] = '\0';
	return (int)length;
}

int sysfs_read_link(int folder, const char *name, char *text, size_t size)
{
	char target[TARGET_SIZE];
	const char *last;
	int result = read_target(folder, name, target);

	if (result < 0)
		return result;
	last = strrchr(target, '/');
	last = last != NULL ? last + 1 : target;
	if (strlen(last) >= size)
		return -EMSGSIZE;
	memcpy(text, last, strlen(last) + 1);
	return 0;
}

int sysfs_link_passes(int folder, const char *name, const char *part)
{
	char target[TARGET_SIZE];
	size_t length = strlen(part);
	int result = read_target(folder, name, target);

	if (result < 0)
		return result;
	for (const char *place = target; place != NULL; place = strchr(place, '/')) {
		place += *place == '/';
		if (strncmp(place, part, length) == 0 &&
		    (place[length] == '/' || place[length] == '\0'))
			return 1;
	}
	return 0;
}

DIR *sysfs_list(int folder, const char *name)
{
	int fd = open_below(folder, name, O_RDONLY | O_DIRECTORY);
	DIR *list;

	if (fd < 0) {
		errno = -fd;
		return NULL;
	}
	list = fdopendir(fd);
	if (list == NULL) {
		int error = -failure_of_open(errno);

		close(fd);
		errno = error;
	}
	return list;
}

const char *sysfs_next(DIR *list)
{
	return directory_next(list);
}

int sysfs_first(int folder, const char *name, char *first_out, size_t size)
{
	DIR *list = sysfs_list(folder, name);
	const char *first;
	int result = 0;

	if (list == NULL)
		return errno == ENOENT ? 0 : -errno;
	first = sysfs_next(list);
	if (first != NULL)
		result = (size_t)snprintf(first_out, size, "%s", first) < size ? 1 : -ENAMETOOLONG;
	else if (errno != 0)
		result = -errno;
	closedir(list);
	return result;
}
