/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The service account. Full privilege: reads files that only root can have written. */
#include "helper/account.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 1 if a line of the list is the account's: its name, a password that may be empty, both ids. */
static int parse(const char *line, struct account *account)
{
	static const char name[] = VMGRANT_ACCOUNT ":";
	const char *ids = strncmp(line, name, sizeof name - 1) == 0
				  ? strchr(line + sizeof name - 1, ':')
				  : NULL;

	return ids != NULL && sscanf(ids, ":%u:%u:", &account->uid, &account->gid) == 2;
}

/*
 * Returns 1 if found, 0 if not, or -errno: a file that cannot be read is no answer. Not by
 * fgetpwent(), which asks the kernel twice for each line where it is in the file.
 */
static int find_in(const char *path, struct account *account)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	int result = 0;

	if (file == NULL)
		return errno == ENOENT ? 0 : -errno;
	errno = 0;
	while (result == 0 && getline(&line, &size, file) >= 0)
		result = parse(line, account);
	if (result == 0 && !feof(file))
		result = errno != 0 ? -errno : -EIO;
	free(line);
	(void)fclose(file);
	return result;
}

enum reply_code account_find(uid_t caller, struct account *account_out, struct refusal *why)
{
	int found = find_in("/etc/passwd", account_out);

	if (found == 0)
		found = find_in("/usr/lib/passwd", account_out);
	if (found < 0)
		return refuse(why, REPLY_INSTALLATION, "account " VMGRANT_ACCOUNT
			      ": cannot read the list of system accounts: %s", strerror(-found));
	if (found == 0)
		return refuse(why, REPLY_INSTALLATION,
			      "account " VMGRANT_ACCOUNT ": does not exist: ask the administrator "
			      "to run systemd-sysusers, or useradd --system " VMGRANT_ACCOUNT);
	if (account_out->uid == 0 || account_out->gid == 0 || account_out->uid == caller)
		return refuse(why, REPLY_INSTALLATION,
			      "account " VMGRANT_ACCOUNT ": uid %u, gid %u: must be neither root's nor "
			      "the caller's", (unsigned)account_out->uid, (unsigned)account_out->gid);
	return REPLY_GRANTED;
}
