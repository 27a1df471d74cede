/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Limits of another process, as /proc tells them to everybody. */
#include "judge/kind/vfio/proc-limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>


static const char line_start[] = "Max locked memory ";

/* One number or "unlimited", behind spaces. Returns what follows, or NULL. */
static const char *parse_limit(const char *text, rlim64_t *limit)
{
	static const char none[] = "unlimited";
	uint64_t number = 0;
	const char *digits;

	text += strspn(text, " ");
	*limit = RLIM64_INFINITY;
	if (strncmp(text, none, sizeof none - 1) == 0)
		return text + sizeof none - 1;
	for (digits = text; *digits >= '0' && *digits <= '9'; digits++) {
		unsigned digit = (unsigned)(*digits - '0');

		if (number > (UINT64_MAX - digit) / 10)
			return NULL;
		number = number * 10 + digit;
	}
	*limit = number;
	return digits != text ? digits : NULL;
}

int proc_limits_parse(const char *text, struct rlimit *memlock_out)
{
	const char *line = strncmp(text, line_start, sizeof line_start - 1) == 0
				   ? text : strstr(text, "\nMax locked memory ");

	if (line == NULL)
		return -EINVAL;
	line = strstr(line, line_start) + sizeof line_start - 1;
	line = parse_limit(line, &memlock_out->rlim_cur);
	if (line == NULL || *line != ' ')
		return -EINVAL;
	line = parse_limit(line, &memlock_out->rlim_max);
	return line != NULL && *line == ' ' ? 0 : -EINVAL;
}

int proc_limits_memlock(pid_t pid, struct rlimit *memlock_out)
{
	char text[4096], path[40];
	ssize_t length;
	int fd, error;

	(void)snprintf(path, sizeof path, "/proc/%ld/limits", (long)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	length = read(fd, text, sizeof text - 1);
	error = errno;
	close(fd);
	if (length < 0)
		return -error;
	text[length] = '\0';
	return proc_limits_parse(text, memlock_out);
}
