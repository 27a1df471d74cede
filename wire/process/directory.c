/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The names in a folder, to the last one. */
#include "wire/process/directory.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Room for one name at least; what comes is not looked at. */
#define MORE_SIZE 512

static const char *end_of(DIR *list)
{
	_Alignas(long long) char more[MORE_SIZE];
	long got = syscall(SYS_getdents64, dirfd(list), more, sizeof more);

	if (got == 0)
		errno = 0;
	else if (got > 0)
		errno = EIO;
	return NULL;
}

const char *directory_next(DIR *list)
{
	const struct dirent *entry;

	do {
		errno = 0;
		entry = readdir(list);
	} while (entry != NULL && entry->d_name[0] == '.');
	if (entry != NULL)
		return entry->d_name;
	return errno != 0 ? NULL : end_of(list);
}
