/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmgrant check: this process, the helper and its account. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "client/command/common/capture.h"
#include "client/command/check/check.h"
#include "client/command/common/tree.h"

#define HELPER_TIMEOUT_MS 10000

/* ---- this process ---- */

/* The value behind "NAME:\t" in /proc/self/status, or NULL. */
static char *status_value(const struct check *check, const char *name)
{
	char *path = tree_path(check->root, "/proc/self/status");
	FILE *file = fopen(path, "re");
	char *line = NULL, *value = NULL;
	size_t size = 0, length = strlen(name);

	while (file != NULL && value == NULL && getline(&line, &size, file) > 0) {
		if (strncmp(line, name, length) == 0 && line[length] == ':')
			value = text_format("%s", line + length + 1 + strspn(line + length + 1, "\t "));
	}
	if (file != NULL)
		(void)fclose(file);
	free(line);
	free(path);
	return value;
}

/* Without these in the bounding set a setuid program is not given them either. */
static void check_bounding_set(struct check *check)
{
	static const struct {
		const char *name;
		unsigned bit;
	} needed[] = {
		{ "CAP_DAC_OVERRIDE", 1 }, { "CAP_SETGID", 6 }, { "CAP_SETUID", 7 },
		{ "CAP_SETPCAP", 8 },      { "CAP_NET_ADMIN", 12 },
	};
	char *value = status_value(check, "CapBnd");
	unsigned long long set = value == NULL ? ~0ULL : strtoull(value, NULL, 16);

	free(value);
	for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
		if ((set >> needed[i].bit & 1) == 0)
			check_add(check, CHECK_FAIL,
				  text_format("this process: %s was taken away from it for good, "
					      "and so from every helper that it starts",
					      needed[i].name),
				  text_format("start it outside of the container or sandbox"));
	}
}

void check_process(struct check *check)
{
	char *privs = status_value(check, "NoNewPrivs");
	char *map = tree_line(check->root, "/proc/self/uid_map");
	unsigned inside = 1, outside = 1, length = 0;
	size_t before = check->count;

	if (privs != NULL && *privs == '1')
		check_add(check, CHECK_FAIL,
			  text_format("this process: no_new_privs is set: setuid programs have no "
				      "power here"),
			  text_format("start it outside of the sandbox that set it"));
	/* A namespace that maps nobody has an empty file. */
	if (map == NULL && tree_exists(check->root, "/proc/self/uid_map"))
		map = text_format("%s", "");
	if (map != NULL && (sscanf(map, "%u %u %u", &inside, &outside, &length) != 3 ||
			    inside != 0 || outside != 0 || length != 4294967295u))
		check_add(check, CHECK_FAIL,
			  text_format("this process: in a user namespace: setuid programs have no "
				      "power here"),
			  text_format("start it outside of the container or sandbox"));
	check_bounding_set(check);
	if (check->count == before)
		check_add(check, CHECK_OK,
			  text_format("this process: may start setuid programs"), NULL);
	free(map);
	free(privs);
}

/* ---- the helper ---- */

static void add_mode(struct check *check, const char *what)
{
	check_add(check, CHECK_FAIL, text_format("%s: %s", check->helper, what),
		  text_format("sudo chown root %s && sudo chmod %s %s", check->helper,
			      VMGRANT_HELPER_MODE, check->helper));
}

/* Group members only: which group, and how to get into it. */
static void add_group(struct check *check, const struct stat *status)
{
	const struct group *group = getgrgid(status->st_gid);

	if ((status->st_mode & S_IXGRP) != 0 && group != NULL)
		check_add(check, CHECK_FAIL,
			  text_format("%s: only members of group %s may start it, and user %s is "
				      "none", check->helper, group->gr_name, check->user),
			  text_format("sudo usermod -aG %s %s, then log in again", group->gr_name,
				      check->user));
	else
		add_mode(check, "may not be started");
}

static void check_file(struct check *check)
{
	struct statvfs filesystem;
	struct stat status;

	if (stat(check->helper, &status) < 0) {
		check_add(check, CHECK_FAIL,
			  text_format("%s: cannot be found: %s", check->helper, strerror(errno)),
			  text_format("install vmgrant again"));
		return;
	}
	if (!S_ISREG(status.st_mode))
		check_add(check, CHECK_FAIL, text_format("%s: not a file", check->helper),
			  text_format("install vmgrant again"));
	else if (status.st_uid != 0)
		add_mode(check, "does not belong to root");
	else if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		add_mode(check, "others than root may write to it");
	else if ((status.st_mode & S_ISUID) == 0 && VMGRANT_HELPER_MODE[0] == '4')
		add_mode(check, "not setuid root");
	else if ((status.st_mode & S_ISUID) == 0)
		check_add(check, CHECK_INFO,
			  text_format("%s: not setuid, as vmgrant was built: it has power only "
				      "when root starts it", check->helper), NULL);
	else if (access(check->helper, X_OK) < 0)
		add_group(check, &status);
	else if (statvfs(check->helper, &filesystem) == 0 &&
		 (filesystem.f_flag & ST_NOSUID) != 0)
		check_add(check, CHECK_FAIL,
			  text_format("%s: its file system is mounted nosuid", check->helper),
			  text_format("sudo mount -o remount,suid "
				      "\"$(findmnt --noheadings --output TARGET --target %s)\"",
				      check->helper));
}

/* It also shows whether its libraries are there. */
static void check_version(struct check *check)
{
	char *const argv[] = { text_format("%s", check->helper), text_format("--version"), NULL };
	struct capture capture;

	capture_run(argv, HELPER_TIMEOUT_MS, &capture);
	capture.text[strcspn(capture.text, "\n")] = '\0';
	if (capture.end != CAPTURE_EXITED || capture.status != 0)
		check_add(check, CHECK_FAIL,
			  text_format("%s: does not work: %s", check->helper,
				      capture.text[0] != '\0' ? capture.text : "it cannot be started"),
			  text_format("install vmgrant again"));
	else if (strcmp(capture.text, "vmgrant-helper " PACKAGE_VERSION) != 0)
		check_add(check, CHECK_WARN,
			  text_format("%s: says %s, but this is vmgrant %s", check->helper,
				      capture.text, PACKAGE_VERSION),
			  text_format("install vmgrant again"));
	else
		check_add(check, CHECK_OK,
			  text_format("%s: %s, setuid root", check->helper, capture.text), NULL);
	free(argv[0]);
	free(argv[1]);
}

void check_helper(struct check *check)
{
	size_t before = check->count;

	check_file(check);
	check->is_hopeless = check_worst(check) == CHECK_FAIL;
	if (check->count == before)
		check_version(check);
	if (access(VMGRANT_AUTHORIZE, X_OK) < 0)
		check_add(check, CHECK_FAIL,
			  text_format("%s: cannot be started: %s: polkit cannot be asked",
				      VMGRANT_AUTHORIZE, strerror(errno)),
			  text_format("install vmgrant again"));
}

/* ---- the account ---- */

void check_account(struct check *check)
{
	const struct passwd *account = getpwnam(VMGRANT_ACCOUNT);

	if (account == NULL)
		check_add(check, CHECK_FAIL,
			  text_format("account %s: missing: the helper works under it",
				      VMGRANT_ACCOUNT),
			  text_format("sudo useradd --system %s --home-dir / "
				      "--shell /usr/sbin/nologin " VMGRANT_ACCOUNT,
				      getgrnam(VMGRANT_ACCOUNT) != NULL ? "--gid " VMGRANT_ACCOUNT
									: "--user-group"));
	else if (account->pw_uid == 0)
		check_add(check, CHECK_FAIL,
			  text_format("account %s: is root: the helper refuses to work",
				      VMGRANT_ACCOUNT),
			  text_format("give the account a uid of its own"));
	else
		check_add(check, CHECK_OK,
			  text_format("account %s: uid %u", VMGRANT_ACCOUNT,
				      (unsigned)account->pw_uid), NULL);
}
