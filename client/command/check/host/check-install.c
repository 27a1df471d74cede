/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant check: the helper and its account. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "client/command/check/check.h"
#include "client/command/check/host/group-advice.h"
#include "client/command/machine/capture.h"
#include "client/text/message.h"

#define HELPER_TIMEOUT_MS 10000
#define INSTALL_AGAIN _("install vmgrant again")

/* ---- the helper ---- */

static void add_mode(struct check *check, const char *what)
{
	char *path = text_shell_quote(check->helper);

	check_add(check, CHECK_FAIL, text_format("%s: %s", check->helper, what),
		  text_format("sudo chown root %s && sudo chmod %s %s", path, VMGRANT_HELPER_MODE,
			      path));
	free(path);
}

/* Group members only: which group, and how to get into it. */
static void add_group(struct check *check, const struct stat *status)
{
	const struct group *group = getgrgid(status->st_gid);

	if ((status->st_mode & S_IXGRP) == 0 || group == NULL)
		add_mode(check, _("may not be started"));
	else if (group_gives_power(group))
		check_advise(check, CHECK_FAIL,
			     text_format(_("%s: only for group %s"), check->helper, group->gr_name),
			     text_format(_("give the file a group that gives its members nothing "
					   "else, and add user %s to it"),
					 check->user));
	else
		check_add(check, CHECK_FAIL,
			  text_format(_("%s: only members of group %s may start it, and user %s is "
					"none; it counts from the next login"),
				      check->helper, group->gr_name, check->user),
			  group_command(group, check->user));
}

/* What a person may not see as it is, he cannot judge. */
static int is_owned_by_root(const struct check *check, const struct stat *status)
{
	return status->st_uid == 0 || !check->is_mapped;
}

static void check_file(struct check *check)
{
	struct stat status;

	if (stat(check->helper, &status) < 0)
		check_advise(
			check, CHECK_FAIL,
			text_format(_("%s: cannot be found: %s"), check->helper, strerror(errno)),
			text_format(INSTALL_AGAIN));
	else if (!S_ISREG(status.st_mode))
		check_advise(check, CHECK_FAIL, text_format(_("%s: not a file"), check->helper),
			     text_format(INSTALL_AGAIN));
	else if (!is_owned_by_root(check, &status))
		add_mode(check, _("does not belong to root"));
	else if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		add_mode(check, _("others than root may write to it"));
	else if (getxattr(check->helper, "security.capability", NULL, 0) > 0)
		check_add(check, CHECK_INFO,
			  text_format(_("%s: has capabilities instead of the setuid bit"),
				      check->helper),
			  NULL);
	else if ((status.st_mode & S_ISUID) == 0 && VMGRANT_HELPER_MODE[0] == '4')
		add_mode(check, _("not setuid root"));
	else if ((status.st_mode & S_ISUID) == 0)
		check_add(check, CHECK_INFO,
			  text_format(_("%s: not setuid, as vmgrant was built"), check->helper),
			  NULL);
	else if (access(check->helper, X_OK) < 0)
		add_group(check, &status);
}

static void check_mount(struct check *check)
{
	struct statvfs filesystem;
	char *path = text_shell_quote(check->helper);

	if (statvfs(check->helper, &filesystem) == 0 && (filesystem.f_flag & ST_NOSUID) != 0)
		check_add(check, CHECK_FAIL,
			  text_format(_("%s: its file system is mounted nosuid"), check->helper),
			  text_format("sudo mount -o remount,suid "
				      "\"$(findmnt --noheadings --output TARGET --target %s)\"",
				      path));
	free(path);
}

/* "libnl-3.so.200" out of what the loader says, or NULL. To be freed. */
static char *missing_library(const char *text)
{
	static const char before[] = "loading shared libraries: ";
	const char *name = strstr(text, before);

	if (name == NULL)
		return NULL;
	name += sizeof before - 1;
	return text_format("%.*s", (int)strcspn(name, ": \n"), name);
}

static void add_broken(struct check *check, const struct capture *capture)
{
	char *library = missing_library(capture->text);

	if (library != NULL)
		check_advise(
			check, CHECK_FAIL,
			text_format(_("%s: does not work: %s is missing"), check->helper, library),
			text_format(_("install the package of that library")));
	else
		check_advise(
			check, CHECK_FAIL,
			text_format(_("%s: does not work: it cannot be started"), check->helper),
			text_format(INSTALL_AGAIN));
	free(library);
}

/* It also shows whether its libraries are there. */
static void check_version(struct check *check)
{
	static const char name[] = "vmgrant-helper ";
	char *const argv[] = { text_format("%s", check->helper), text_format("--version"), NULL };
	struct capture capture;

	capture_run(argv, HELPER_TIMEOUT_MS, &capture);
	capture.text[strcspn(capture.text, "\n")] = '\0';
	if (capture.end != CAPTURE_EXITED || capture.status != 0 ||
	    strncmp(capture.text, name, sizeof name - 1) != 0)
		add_broken(check, &capture);
	else if (strcmp(capture.text + sizeof name - 1, PACKAGE_VERSION) != 0)
		check_advise(check, CHECK_WARN,
			     text_format(_("%s: version %.20s, but this is vmgrant %s"),
					 check->helper, capture.text + sizeof name - 1,
					 PACKAGE_VERSION),
			     text_format(INSTALL_AGAIN));
	else
		check_add(check, CHECK_OK,
			  text_format(_("%s: %s, setuid root"), check->helper, capture.text), NULL);
	free(argv[0]);
	free(argv[1]);
}

void check_helper(struct check *check)
{
	size_t before = check->count;

	check_file(check);
	if (check->count == before && check->helper_code != VMGRANT_GRANTED)
		check_mount(check);
	/* Where setuid has no effect it may not even run far enough to tell. */
	if (check->count == before && check_worst_of(check, "process") != CHECK_FAIL)
		check_version(check);
	if (access(VMGRANT_AUTHORIZE, X_OK) < 0)
		check_advise(check, CHECK_FAIL,
			     text_format(_("%s: %s: polkit cannot be asked"), VMGRANT_AUTHORIZE,
					 strerror(errno)),
			     text_format(INSTALL_AGAIN));
}

/* ---- the account ---- */

void check_account(struct check *check)
{
	const struct passwd *account = getpwnam(VMGRANT_ACCOUNT);

	if (account == NULL)
		check_add(check, CHECK_FAIL,
			  text_format(_("account %s: missing: the helper works under it"),
				      VMGRANT_ACCOUNT),
			  text_format("sudo useradd --system %s --home-dir / "
				      "--shell /usr/sbin/nologin " VMGRANT_ACCOUNT,
				      getgrnam(VMGRANT_ACCOUNT) != NULL ? "--gid " VMGRANT_ACCOUNT
									: "--user-group"));
	else if (account->pw_uid == 0)
		check_advise(check, CHECK_FAIL,
			     text_format(_("account %s: is root: the helper refuses to work"),
					 VMGRANT_ACCOUNT),
			     text_format(_("give the account a uid of its own")));
	else
		check_add(check, CHECK_OK,
			  text_format(_("account %s: uid %u"), VMGRANT_ACCOUNT,
				      (unsigned)account->pw_uid),
			  NULL);
}
