/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The command that gives a policy file the owner and mode that a request trusts. */
#include "client/command/check/acl/acl-mend.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/text/text.h"

#define OTHERS_WRITE (S_IWGRP | S_IWOTH)
#define LINKS_MAX 40 /* on one way, as in the kernel */

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

/* Where a link leads, to be freed; NULL if this is none. */
static char *target_of(const char *path)
{
	char target[PATH_MAX];
	ssize_t length = readlink(path, target, sizeof target - 1);

	return length <= 0 ? NULL : text_format("%.*s", (int)length, target);
}

/* The path of a name in a folder, which is "" for the root; to be freed. */
static char *step(const char *folder, const char *name, size_t length)
{
	size_t end = strlen(folder);

	if (length == 1 && name[0] == '.')
		return text_format("%s", folder);
	if (length != 2 || strncmp(name, "..", 2) != 0)
		return text_format("%s/%.*s", folder, (int)length, name);
	while (end > 0 && folder[end - 1] != '/')
		end--;
	return text_format("%.*s", end == 0 ? 0 : (int)end - 1, folder);
}

/* One that can be read, but is a folder or a pipe: another file takes its place. */
static char *mend_kind(const char *path)
{
	struct stat status;
	char *quoted, *command;

	if (lstat(path, &status) < 0 || S_ISREG(status.st_mode) || S_ISLNK(status.st_mode))
		return NULL;
	quoted = text_shell_quote(path);
	command = text_format("sudo mv -T %s %s.old && sudo install -g " VMGRANT_ACCOUNT
			      " -m 640 /dev/null %s", quoted, quoted, quoted);
	free(quoted);
	return command;
}

/* Name by name, as the kernel goes, so that what is judged is what is read. */
char *acl_mend(const char *path)
{
	char *rest = text_format("%s", path), *folder = text_format("%s", ""), *command = NULL;
	int links = 0;

	while (path[0] == '/' && command == NULL && links <= LINKS_MAX) {
		const char *name = rest + strspn(rest, "/");
		size_t length = strcspn(name, "/");
		char *here, *target, *next;

		if (length == 0)
			break;
		here = step(folder, name, length);
		command = mend_component(here);
		target = target_of(here);
		links += target != NULL;
		next = target == NULL ? text_format("%s", name + length)
				      : text_format("%s/%s", target, name + length);
		/* What a link's target begins with is the root or the link's own folder. */
		if (target == NULL || target[0] == '/') {
			free(folder);
			folder = text_format("%s", target == NULL ? here : "");
		}
		free(here);
		free(target);
		free(rest);
		rest = next;
	}
	if (path[0] == '/' && command == NULL)
		command = mend_kind(folder);
	free(folder);
	free(rest);
	return command;
}
