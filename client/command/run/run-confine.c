/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant run --confine. */
#include "client/command/run/run-confine.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/common/whole-path.h"
#include "client/command/qemu/qemu-program.h"
#include "client/command/run/confine-display.h"
#include "client/command/run/confine-files.h"
#include "client/command/run/confine-kvm.h"
#include "client/command/run/confine-sockets.h"
#include "client/command/run/confine-unreached.h"
#include "client/command/run/run.h"
#include "client/text/language.h"
#include "client/text/message.h"

#define SANDBOX "on,obsolete=deny,resourcecontrol=deny"

/* ---- words of the person ---- */

/* However it is written: "/", "/.", a link there. */
static int is_root(const struct stat *status)
{
	struct stat root;

	return stat("/", &root) == 0 && root.st_dev == status->st_dev &&
	       root.st_ino == status->st_ino;
}

int run_confine_add_file(struct run_confine *confine, const char *text)
{
	const size_t length = strlen(text);
	const int is_read_only = length > 3 && strcmp(text + length - 3, ":ro") == 0;
	char *name = text_format("%.*s", (int)length - (is_read_only ? 3 : 0), text);
	char *path = whole_path(name);
	struct stat status;
	int code = VMGRANT_GRANTED;

	if (stat(path, &status) < 0)
		code = command_fail(VMGRANT_USAGE, _("--file %.256s: %s"), name, strerror(errno));
	else if (is_root(&status))
		code = command_fail(VMGRANT_USAGE,
				    _("--file %.256s: would confine nothing: name what "
				      "the program needs"),
				    name);
	else if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode))
		confine_add(&confine->confine, path, CONFINE_NODE, 1);
	else
		confine_add(&confine->confine, path, is_read_only ? CONFINE_READ : CONFINE_WRITE,
			    1);
	free(path);
	free(name);
	return code;
}

int run_confine_check(const struct run_confine *confine)
{
	if (confine->is_wanted || (confine->display == NULL && confine->confine.place_count == 0))
		return VMGRANT_GRANTED;
	return command_fail(VMGRANT_USAGE, _("run: %s is for a program that --confine shuts in"),
			    confine->display != NULL ? "--display" : "--file");
}

void run_confine_release(struct run_confine *confine)
{
	if (confine->confine.ids.is_taken)
		close(confine->confine.ids.lock_fd);
	confine_release(&confine->confine);
	words_release(&confine->made);
	free(confine->display_path);
	confine->display_path = NULL;
	free(confine->without_ids);
	confine->without_ids = NULL;
}

/* ---- words for QEMU ---- */

/* One dash or two: QEMU takes both. */
static int has_option(char *const words[], const char *option)
{
	for (; *words != NULL; words++) {
		if (strcmp(*words, option) == 0 ||
		    (**words == '-' && strcmp(*words + 1, option) == 0))
			return 1;
	}
	return 0;
}

/* Without any of these QEMU opens a window, or a port of the network. */
static int has_display(char *const words[])
{
	static const char *const options[] = { "-display", "-nographic", "-vnc", "-spice",
					       "-curses", "-sdl", "-gtk" };

	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
		if (has_option(words, options[i]))
			return 1;
	}
	return 0;
}

static int open_display(struct run *run)
{
	if (run->confine.display != NULL && has_display(run->words.items))
		return command_fail(VMGRANT_USAGE, _("--display: QEMU's command line says already "
						     "where the display goes"));
	return confine_display_open(run);
}

static void add_words_for_qemu(struct run *run)
{
	/* QEMU enters its sandbox before it goes to the background, and would die of fork and setsid. */
	if (!has_option(run->words.items, "-sandbox"))
		launch_add(
			&run->words, "-sandbox",
			text_format(SANDBOX "%s", run->confine.confine.may_stay
							  ? ""
							  : ",elevateprivileges=deny,spawn=deny"));
	if (!has_display(run->words.items))
		launch_add(&run->words, "-display", text_format("none"));
}

/* ---- what it needs ---- */

/* Without them the rest still holds: that is said, and no reason to stop. */
static void take_ids(struct run *run)
{
	struct run_confine *confine = &run->confine;
	struct confine_ids *ids = &confine->confine.ids;
	unsigned count;

	if (confine->keeps_user)
		confine->without_ids = text_format(_("as --confine=same-user says"));
	else if (!run->is_dry && confine_ids_take(ids, &confine->without_ids) < 0)
		(void)command_fail(0, _("--confine: without a user of its own: %s"),
				   confine->without_ids);
	else if (run->is_dry)
		(void)confine_ids_find(&ids->uid, &count, &confine->without_ids);
}

int run_confine_prepare(struct run *run)
{
	struct confine *confine = &run->confine.confine;
	char *file = qemu_program_file(run->words.items[0]);
	int code = VMGRANT_GRANTED;

	take_ids(run);
	confine->may_stay = has_option(run->words.items, "-daemonize");
	if (run->qemu.is_qemu && code == VMGRANT_GRANTED)
		code = confine_unreached_check(confine, run->words.items);
	if (run->qemu.is_qemu)
		confine_kvm_name(run);
	if (code == VMGRANT_GRANTED && run->qemu.is_qemu)
		code = confine_files_open(run);
	if (code == VMGRANT_GRANTED)
		code = open_display(run);
	if (code == VMGRANT_GRANTED && run->qemu.is_qemu)
		add_words_for_qemu(run);
	confine_add_system(confine);
	if (file != NULL && strncmp(file, "/usr/", 5) != 0)
		confine_add(confine, file, CONFINE_RUN, 0);
	confine_sort(confine);
	free(file);
	return code;
}

/* ---- files and environment that came from outside ---- */

/* Behind a name that means an fd: "fd=5", "fds=5:6", "/dev/fd/5", {"fd":"5"}, "fd,addr.str=5". */
static int is_behind_name(const char *start, const char *number)
{
	static const char *const names[] = { "fd", "fds", "str" };
	const char *end = number;

	while (end > start && strchr("0123456789:=,/[\"' ", end[-1]) != NULL)
		end--;
	for (size_t i = 0; end < number && i < sizeof names / sizeof names[0]; i++) {
		const size_t length = strlen(names[i]);

		if ((size_t)(end - start) >= length && strncmp(end - length, names[i], length) == 0)
			return 1;
	}
	return 0;
}

static int is_named_in(const char *argument, const char *number)
{
	const size_t length = strlen(number);

	if (strstr(argument, "fd") == NULL)
		return 0;
	for (const char *found = strstr(argument, number); found != NULL;
	     found = strstr(found + 1, number)) {
		const int is_part = (found > argument && isalnum((unsigned char)found[-1])) ||
				    isalnum((unsigned char)found[length]);

		if (!is_part && is_behind_name(argument, found))
			return 1;
	}
	return 0;
}

static int is_named(char *const arguments[], const char *number)
{
	while (*arguments != NULL && !is_named_in(*arguments, number))
		arguments++;
	return *arguments != NULL;
}

void run_confine_close_others(const struct run *run)
{
	DIR *files = opendir("/proc/self/fd");
	struct dirent *entry;

	while (files != NULL && (entry = readdir(files)) != NULL) {
		int fd = atoi(entry->d_name);

		if (fd > 2 && fd != dirfd(files) && !is_named(run->words.items, entry->d_name))
			(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
	if (files != NULL)
		(void)closedir(files);
}

/* Words that say how to speak, not to whom: no address of an agent, a bus or a display, no token. */
static int stays(const char *variable)
{
	static const char *const names[] = { "PATH", "LANG", "LANGUAGE", "TERM", "TZ", "LC_*",
					     "QEMU_*", "G_MESSAGES_DEBUG", "MALLOC_*" };
	const size_t length = strcspn(variable, "=");

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		size_t known = strlen(names[i]);

		if (names[i][known - 1] == '*'
			    ? strncmp(variable, names[i], known - 1) == 0
			    : known == length && strncmp(variable, names[i], length) == 0)
			return 1;
	}
	return 0;
}

/* This process keeps its own, by which it finds the person's bus. */
static char **clean_environment(void)
{
	static char home[] = "HOME=/tmp";
	extern char **environ;
	size_t count = 0, kept = 0;
	char **clean;

	while (environ[count] != NULL)
		count++;
	clean = text_need(calloc(count + 2, sizeof *clean));
	for (size_t i = 0; i < count; i++) {
		if (stays(environ[i]))
			clean[kept++] = environ[i];
	}
	clean[kept] = home;
	return clean;
}

int run_confine_start(struct run *run)
{
	char *file = qemu_program_file(run->words.items[0]);
	int code;

	if (file == NULL)
		return command_fail(COMMAND_NOT_FOUND, _("%.256s: cannot be started: %s"),
				    run->words.items[0], strerror(errno == 0 ? ENOENT : errno));
	run->confine.confine.environment = clean_environment();
	code = confine_run(&run->confine.confine, file, run->words.items);
	if (!run->confine.confine.may_stay)
		confine_sockets_remove(run);
	free(file);
	return code;
}

/* ---- --dry-run ---- */

static const char *access_name(enum confine_access access)
{
	static const char *const names[] = { [CONFINE_READ] = N_("read"),
					     [CONFINE_RUN] = N_("run"),
					     [CONFINE_WRITE] = N_("write"),
					     [CONFINE_NODE] = N_("device"),
					     [CONFINE_BY_FD] = N_("by fd") };

	return _(names[access]);
}

static void print_group(const struct confine_limits *limits)
{
	char *why = NULL;

	if (confine_scope_find(&why) < 0) {
		language_clean(why);
		(void)printf(_("# control group: that of the person: %s\n"), why);
	} else if (limits->memory_bytes > 0) {
		(void)printf(_("# control group: a scope of the person's systemd, of at most %u "
			       "tasks, memory: %llu bytes\n"),
			     limits->tasks, limits->memory_bytes);
	} else {
		(void)printf(_("# control group: a scope of the person's systemd, of at most %u "
			       "tasks, memory: any amount\n"),
			     limits->tasks);
	}
	free(why);
}

/* Comments for a shell, so that what is printed is still a command line. */
void run_confine_print(const struct run *run)
{
	const struct run_confine *confine = &run->confine;
	extern char **environ;

	if (confine->without_ids != NULL)
		(void)printf(_("# user: the person's own: %s\n"), confine->without_ids);
	else
		(void)printf(_("# user: a subordinate id, from %u on\n"), confine->confine.ids.uid);
	puts(confine->confine.keeps_network ? _("# network: that of the host")
					    : _("# network: none but what was granted"));
	puts(_("# processes: its own alone; no new namespaces, no keyring, no core dump"));
	print_group(&confine->confine.limits);
	for (size_t i = 0; i < confine->confine.place_count; i++) {
		const struct confine_place *place = &confine->confine.places[i];
		char *path = text_format("%s", place->path);

		language_clean(path);
		if (access(place->path, F_OK) == 0)
			(void)printf(_("# file: %s: %s\n"), path, access_name(place->access));
		free(path);
	}
	puts(_("# file: /tmp, /var/tmp: in memory"));
	for (size_t i = 0; environ[i] != NULL; i++) {
		if (stays(environ[i]))
			(void)printf(_("# environment: %.*s\n"), (int)strcspn(environ[i], "="),
				     environ[i]);
	}
}
