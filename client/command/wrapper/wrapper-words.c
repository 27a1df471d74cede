/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What is wanted besides for a QEMU that somebody else starts. */
#include "client/command/wrapper/wrapper-words.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/text/split.h"

#define FILE_BYTES_MAX 65536u

static int split(const char *where, const char *text, struct words *words)
{
	const char *why = words_split(words, text);

	return why == NULL ? VMGRANT_GRANTED
			   : command_fail(VMGRANT_USAGE, "%.256s: %s", where, why);
}

/* Returns an fd of a regular file, or -1 with errno. */
static int open_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;

	if (fd < 0)
		return -1;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

/* Returns the text, to be freed, or NULL with errno. */
static char *read_text(int fd)
{
	char *text = text_need(malloc(FILE_BYTES_MAX + 1));
	size_t length = 0;
	ssize_t part;

	while (length <= FILE_BYTES_MAX &&
	       (part = read(fd, text + length, FILE_BYTES_MAX + 1 - length)) != 0) {
		if (part < 0 && errno == EINTR)
			continue;
		if (part < 0)
			break;
		length += (size_t)part;
	}
	if (length <= FILE_BYTES_MAX && part == 0 && memchr(text, '\0', length) == NULL) {
		text[length] = '\0';
		return text;
	}
	errno = length > FILE_BYTES_MAX ? EFBIG : part < 0 ? errno : EINVAL;
	free(text);
	return NULL;
}

/* Adds nothing and returns -1 if there is no such file. */
static int read_file(const char *path, struct words *words)
{
	int fd = open_file(path), code;
	char *text;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG))
		return -1;
	text = fd < 0 ? NULL : read_text(fd);
	code = text != NULL
		       ? split(path, text, words)
		       : command_fail(VMGRANT_USAGE, "%.256s: cannot be read: %s", path,
				      errno == EINVAL ? "not a file of text" : strerror(errno));
	free(text);
	if (fd >= 0)
		close(fd);
	return code;
}

/* As in the account, whatever folder the program that starts us calls home. */
static char *domain_path(const char *guest)
{
	const struct passwd *account = getpwuid(getuid());

	return account == NULL
		       ? NULL
		       : text_format("%s/.config/vmgrant/libvirt/%s.conf", account->pw_dir, guest);
}

static int read_domain_file(const char *guest, struct words *words)
{
	char *path;
	int code;

	/* No other folder's. */
	if (*guest == '\0' || strchr(guest, '/') != NULL)
		return VMGRANT_GRANTED;
	path = domain_path(guest);
	code = path == NULL ? -1 : read_file(path, words);
	free(path);
	return code < 0 ? VMGRANT_GRANTED : code;
}

int wrapper_words_find(const char *guest, struct words *words)
{
	const char *text = getenv("VMGRANT"), *path = getenv("VMGRANT_FILE");
	int code;

	if (text != NULL)
		return split("VMGRANT", text, words);
	if (path == NULL)
		return read_domain_file(guest, words);
	code = read_file(path, words);
	return code >= 0 ? code
			 : command_fail(VMGRANT_USAGE, "VMGRANT_FILE %.256s: %s", path,
					strerror(errno));
}
