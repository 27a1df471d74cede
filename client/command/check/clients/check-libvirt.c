/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant check: which helper libvirt's session daemon of this user starts. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "client/command/check/check.h"
#include "client/command/machine/libvirt-conf.h"
#include "client/command/machine/tree.h"
#include "client/text/message.h"

static char *read_bridge_helper(const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL, *value = NULL;
	size_t size = 0;

	while (file != NULL && getline(&line, &size, file) > 0) {
		char *found = libvirt_conf_helper(line);

		if (found == NULL)
			continue;
		free(value);
		value = found;
	}
	free(line);
	if (file != NULL)
		(void)fclose(file);
	return value;
}

/* ---- a daemon that has read the file before it was changed ---- */

/* When a process was started, on the clock that files are dated by; -1: not known. */
static double start_of(const struct check *check, const char *pid)
{
	char *line = tree_line(check->root, "/proc/%s/stat", pid);
	const char *fields = line == NULL ? NULL : strrchr(line, ')');
	unsigned long long ticks = 0;
	struct timespec since_boot, now;
	int found = 0;

	/* Field 22, counted from the one behind the name, which is number 3. */
	if (fields != NULL)
		found = sscanf(fields + 1,
			       " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d "
			       "%*d %*d %*d %llu", &ticks);
	free(line);
	if (found != 1 || clock_gettime(CLOCK_BOOTTIME, &since_boot) < 0 ||
	    clock_gettime(CLOCK_REALTIME, &now) < 0)
		return -1;
	return (double)(now.tv_sec - since_boot.tv_sec) +
	       (double)(now.tv_nsec - since_boot.tv_nsec) / 1e9 +
	       (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

static int is_session_daemon(const struct check *check, const char *pid)
{
	char *name = tree_line(check->root, "/proc/%s/comm", pid);
	char *path = tree_path(check->root, "/proc/%s", pid);
	struct stat status;
	int is_daemon = name != NULL && strspn(pid, "0123456789") == strlen(pid) &&
			(strcmp(name, "libvirtd") == 0 || strcmp(name, "virtqemud") == 0) &&
			stat(path, &status) == 0 && status.st_uid == getuid();

	free(path);
	free(name);
	return is_daemon;
}

/* Returns the pid of a daemon that was started before that time, to be freed, or NULL. */
static char *find_daemon_before(const struct check *check, double time_s)
{
	struct words pids;
	char *found = NULL;

	tree_names(&pids, check->root, "/proc");
	for (size_t i = 0; found == NULL && i < pids.count; i++) {
		double start;

		if (!is_session_daemon(check, pids.items[i]))
			continue;
		start = start_of(check, pids.items[i]);
		if (start >= 0 && start < time_s)
			found = text_format("%s", pids.items[i]);
	}
	words_release(&pids);
	return found;
}

/* One that is older than the file, and so may have another helper. */
static char *find_stale_daemon(const struct check *check, const char *path)
{
	struct stat file;

	if (stat(path, &file) < 0)
		return NULL;
	return find_daemon_before(check, (double)file.st_mtim.tv_sec +
						 (double)file.st_mtim.tv_nsec / 1e9);
}

/* ---- the findings ---- */

/* What has to be done as that user, also where root asks for him. Consumes command. */
static char *as_user(const struct check *check, char *command)
{
	char *quoted, *user, *whole;

	if (!check->is_root || check->person == NULL || check->person->uid == 0)
		return command;
	quoted = text_shell_quote(command);
	user = text_shell_quote(check->user);
	whole = text_format("sudo -u %s sh -c %s", user, quoted);
	free(user);
	free(quoted);
	free(command);
	return whole;
}

static void add_none(struct check *check, const char *folder)
{
	char *quoted = text_shell_quote(folder);

	check_add(check, CHECK_INFO,
		  text_format(_("libvirt: %s/qemu.conf does not name a bridge_helper"), folder),
		  as_user(check, text_format("mkdir -p %s && echo 'bridge_helper = \"%s\"' "
					     ">>%s/qemu.conf",
					     quoted, check->helper, quoted)));
	free(quoted);
}

static void add_right(struct check *check, const char *path, const char *value)
{
	char *pid = find_stale_daemon(check, path);

	if (pid == NULL)
		check_add(check, CHECK_OK, text_format(_("libvirt: bridge_helper is %s"), value),
			  NULL);
	else
		check_add(check, CHECK_WARN,
			  text_format(_("libvirt: process %s started before bridge_helper was set; "
					"guests run on without it"),
				      pid),
			  as_user(check, text_format("kill %s", pid)));
	free(pid);
}

static void add_other(struct check *check, const char *path, const char *value)
{
	char *quoted = text_shell_quote(path);

	check_add(check, CHECK_WARN,
		  text_format(_("libvirt: bridge_helper is %s, not %s"), value, check->helper),
		  as_user(check, text_format("sed -i 's|^[ \\t]*bridge_helper.*|bridge_helper = "
					     "\"%s\"|' %s",
					     check->helper, quoted)));
	free(quoted);
}

/* In the usual places, or anywhere else if one runs. */
static int has_daemon(const struct check *check)
{
	char *pid;
	int found;

	if (tree_exists(check->root, "/usr/sbin/libvirtd") ||
	    tree_exists(check->root, "/usr/sbin/virtqemud"))
		return 1;
	pid = find_daemon_before(check, INFINITY);
	found = pid != NULL;
	free(pid);
	return found;
}

void check_libvirt(struct check *check)
{
	char *folder = libvirt_conf_folder(), *path = text_format("%s/qemu.conf", folder);
	char *value = read_bridge_helper(path);

	if (value == NULL && has_daemon(check))
		add_none(check, folder);
	else if (value != NULL && strcmp(value, check->helper) != 0)
		add_other(check, path, value);
	else if (value != NULL)
		add_right(check, path, value);
	free(value);
	free(path);
	free(folder);
}
