/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The service account. Full privilege: reads files that only root can have written. */
#include "helper/account.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

/* Returns 1 if found, 0 if not, or -errno: a file that cannot be read is no answer. */
static int find_in(const char *path, struct account *account)
{
	const struct passwd *entry;
	FILE *file = fopen(path, "re");
	int result = 0;

	if (file == NULL)
		return errno == ENOENT ? 0 : -errno;
	do {
		errno = 0;
		entry = fgetpwent(file);
	} while (entry != NULL && strcmp(entry->pw_name, VMGRANT_ACCOUNT) != 0);
	if (entry != NULL) {
		account->uid = entry->pw_uid;
		account->gid = entry->pw_gid;
		result = 1;
	} else if (ferror(file) != 0) {
		result = errno != 0 ? -errno : -EIO;
	}
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
