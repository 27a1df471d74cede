/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The text of a small file, whole. With the rights of the caller. */
#include "client/command/common/small-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/text/text.h"

/* As far as shows that it is too much. Returns 0 or a negative errno. */
static int read_some(int fd, size_t most_bytes, char **text)
{
	char piece[4096];
	size_t length = 0;
	int is_text = 1;
	ssize_t got;

	while (length <= most_bytes && (got = read(fd, piece, sizeof piece)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		is_text = is_text && memchr(piece, '\0', (size_t)got) == NULL;
		if (is_text)
			text_append(text, piece, (size_t)got);
		length += (size_t)got;
	}
	if (length > most_bytes)
		return -EFBIG;
	return is_text ? 0 : -EILSEQ;
}

int small_file_read(const char *path, size_t most_bytes, char **text_out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), result;
	char *text = NULL;
	struct stat status;

	*text_out = NULL;
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0)
		result = -errno;
	else
		result = S_ISREG(status.st_mode) ? read_some(fd, most_bytes, &text) : -EINVAL;
	close(fd);
	if (result < 0)
		free(text);
	else
		*text_out = text != NULL ? text : text_format("%s", "");
	return result;
}

int small_file_write(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t done = write(fd, text, left);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? -errno : -EIO;
		text += done;
		left -= (size_t)done;
	}
	return 0;
}
