/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the kernel says about devices, read below folders that are open. */
#include "helper/sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define NUMBER_SIZE 32u

/* Whether a name is one part of a path that leads downwards. */
static int is_name(const char *name)
{
	return name[0] != '\0' && strchr(name, '/') == NULL && strcmp(name, "..") != 0;
}

static int open_below(int folder, const char *name, int flags)
{
	int fd = is_name(name) ? openat(folder, name, flags | O_CLOEXEC) : -1;

	if (!is_name(name))
		return -EINVAL;
	return fd >= 0 ? fd : -errno;
}

int sysfs_open(int folder, const char *name)
{
	return open_below(folder, name, O_PATH | O_DIRECTORY);
}

/* O_NONBLOCK: nothing that stands there may stop the program. */
int sysfs_read_bytes(int folder, const char *name, uint8_t *bytes, size_t size)
{
	int fd = open_below(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
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
		return -error;
	return got == 0 ? (int)length : -EMSGSIZE;
}

int sysfs_read(int folder, const char *name, char *text, size_t size)
{
	int length = sysfs_read_bytes(folder, name, (uint8_t *)text, size);

	if (length < 0)
		return length;
	if (length > 0 && text[length - 1] == '\n')
		length--;
	else if ((size_t)length == size)
		return -EMSGSIZE;
	text[length] = '\0';
	return memchr(text, '\0', (size_t)length) == NULL ? length : -EINVAL;
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

int sysfs_read_link(int folder, const char *name, char *text, size_t size)
{
	char target[1024];
	const char *last;
	ssize_t length = is_name(name) ? readlinkat(folder, name, target, sizeof target - 1) : -1;

	if (!is_name(name))
		return -EINVAL;
	if (length < 0)
		return -errno;
	if ((size_t)length == sizeof target - 1)
		return -EMSGSIZE;
	target[length] = '\0';
	last = strrchr(target, '/');
	last = last != NULL ? last + 1 : target;
	if (strlen(last) >= size)
		return -EMSGSIZE;
	memcpy(text, last, strlen(last) + 1);
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
	if (list == NULL)
		close(fd);
	return list;
}

const char *sysfs_next(DIR *list)
{
	const struct dirent *entry = readdir(list);

	while (entry != NULL && entry->d_name[0] == '.')
		entry = readdir(list);
	return entry != NULL ? entry->d_name : NULL;
}
