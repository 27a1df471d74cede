/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Which way leads to a helper. */
#include "client/library/way.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "client/library/vmgrant.h"
#include "wire/process/clock.h"
#include "wire/process/namespace.h"

/* It accepts at once, and while it is started systemd keeps a queue of some thousands. */
#define CONNECT_TIMEOUT_MS 1000

/* Does the file give whoever starts it a power that he has not? */
static int gives_power(const char *path)
{
	struct stat status;
	struct statvfs filesystem;

	if (stat(path, &status) < 0 || access(path, X_OK) < 0)
		return 0;
	if (statvfs(path, &filesystem) == 0 && (filesystem.f_flag & ST_NOSUID) != 0)
		return 0;
	if ((status.st_mode & S_ISUID) != 0)
		return status.st_uid == 0;
	return getxattr(path, "security.capability", NULL, 0) > 0;
}

static int setuid_can_help(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 && !namespace_is_users() &&
	       gives_power(VMGRANT_HELPER);
}

enum way way_choose(const char *helper, unsigned flags)
{
	const char *door = secure_getenv("VMGRANT_DOOR");

	if ((flags & VMGRANT_CONNECT_SOCKET) != 0)
		return WAY_SOCKET;
	if (helper != NULL || (flags & VMGRANT_CONNECT_SETUID) != 0)
		return WAY_SETUID;
	if (door != NULL && strcmp(door, "socket") == 0)
		return WAY_SOCKET;
	if ((door != NULL && strcmp(door, "setuid") == 0) || setuid_can_help())
		return WAY_SETUID;
	/* With neither, the program says best what is missing. */
	return access(VMGRANT_SOCKET, F_OK) == 0 ? WAY_SOCKET : WAY_SETUID;
}

/*
 * A queue that is full because nobody accepts would make connect() wait for ever. A timeout of 0
 * would be none. Returns 0 or -errno, -EAGAIN when the time is over.
 */
static int connect_until(int fd, const struct sockaddr_un *address, long long end_ms)
{
	long long left_ms = end_ms - clock_now_ms();
	struct timeval left;

	if (left_ms < 1)
		left_ms = 1;
	left.tv_sec = left_ms / 1000;
	left.tv_usec = left_ms % 1000 * 1000;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &left, sizeof left) < 0 ||
	    connect(fd, (const struct sockaddr *)address, sizeof *address) < 0)
		return -errno;
	return 0;
}

int way_connect(void)
{
	const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = VMGRANT_SOCKET };
	const struct timeval forever = { .tv_sec = 0 };
	const long long end_ms = clock_now_ms() + CONNECT_TIMEOUT_MS;
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), result;

	if (fd < 0)
		return -errno;
	do {
		result = connect_until(fd, &address, end_ms);
	} while (result == -EINTR && clock_now_ms() < end_ms);
	if (result == -EINTR)
		result = -EAGAIN;
	/* What is sent has limits of its own. */
	if (result == 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &forever, sizeof forever) < 0)
		result = -errno;
	if (result == 0)
		return fd;
	close(fd);
	return result;
}
