/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The command that gives a policy file the owner and mode that a request trusts. */
#include "client/command/check/acl-mend.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "client/command/common/text.h"

#define OTHERS_WRITE (S_IWGRP | S_IWOTH)

/* What has to be done to one name on the way, or NULL. */
static char *mend_component(const char *path)
{
	struct stat status;
	char *quoted, *command = NULL;

	if (lstat(path, &status) < 0)
		return NULL;
	quoted = text_shell_quote(path);
	if (status.st_uid != 0 && !S_ISLNK(status.st_mode) &&
	    (status.st_mode & OTHERS_WRITE) != 0)
		command = text_format("sudo chown root %s && sudo chmod go-w %s", quoted, quoted);
	else if (status.st_uid != 0)
		command = text_format("sudo chown -h root %s", quoted);
	else if (!S_ISLNK(status.st_mode) && (status.st_mode & OTHERS_WRITE) != 0 &&
		 (status.st_mode & S_ISVTX) == 0)
		command = text_format("sudo chmod go-w %s", quoted);
	free(quoted);
	return command;
}

char *acl_mend(const char *path)
{
	char *prefix, *command = NULL;

	if (path[0] != '/')
		return NULL;
	for (size_t length = 1; command == NULL && path[length - 1] != '\0'; length++) {
		length += strcspn(path + length, "/");
		prefix = text_format("%.*s", (int)length, path);
		command = mend_component(prefix);
		free(prefix);
		if (path[length] == '\0')
			break;
	}
	return command;
}
