/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Subordinate ids, as /etc/subuid and /etc/subgid give them and newuidmap maps them.
 *
 * A range belongs to one person, so a lock among that person's processes is enough: a byte
 * of one file in the home folder, whose number is the id. It is not in XDG_RUNTIME_DIR, which
 * goes at the end of a session while a program may stay, and with it every lock.
 */
#include "client/confine/ids.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/confine/confine.h"
#include "client/text/message.h"
#include "client/text/text.h"
#include "wire/process/close-range.h"

#define LOCK_FOLDER "/.local/state/vmgrant"
#define LOCK_FILE "ids"

/* A file has lines for everyone; of one person's these are looked at. */
#define RANGES_MAX 32

struct range {
	unsigned first, count;
};

struct ranges {
	struct range items[RANGES_MAX];
	unsigned count;
	unsigned total; /* ids in all of them */
};

/* ---- ranges ---- */

static void take_line(struct ranges *ranges, const char *line, const struct passwd *person)
{
	char owner[256], number[16];
	struct range range;

	if (ranges->count == RANGES_MAX ||
	    sscanf(line, "%255[^:\n]:%u:%u", owner, &range.first, &range.count) != 3)
		return;
	(void)snprintf(number, sizeof number, "%u", (unsigned)person->pw_uid);
	if (strcmp(owner, person->pw_name) != 0 && strcmp(owner, number) != 0)
		return;
	/* Never root's, nor numbers that wrap. */
	if (range.first == 0 || range.count == 0 || range.first + range.count < range.first)
		return;
	ranges->items[ranges->count++] = range;
	ranges->total += range.count;
}

static void read_ranges(const char *path, const struct passwd *person, struct ranges *ranges)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	*ranges = (struct ranges){ 0 };
	while (file != NULL && getline(&line, &size, file) > 0)
		take_line(ranges, line, person);
	free(line);
	if (file != NULL)
		(void)fclose(file);
}

/* index < ranges->total */
static unsigned id_at(const struct ranges *ranges, unsigned index)
{
	unsigned i = 0;

	for (; index >= ranges->items[i].count; i++)
		index -= ranges->items[i].count;
	return ranges->items[i].first + index;
}

/* The home folder is in *person. */
static int find_ranges(struct ranges *uids, struct ranges *gids, struct passwd **person_out,
		       char **why_out)
{
	struct passwd *person = getpwuid(getuid());

	*person_out = person;
	if (person == NULL) {
		*why_out = text_format(_("uid %u has no account"), (unsigned)getuid());
		return -1;
	}
	read_ranges("/etc/subuid", person, uids);
	read_ranges("/etc/subgid", person, gids);
	if (uids->total == 0 || gids->total == 0) {
		*why_out =
			text_format(_("/etc/sub%cid gives %s none: sudo usermod --add-subuids "
				      "100000-165535 --add-subgids 100000-165535 %s, with numbers "
				      "that nobody else has"),
				    uids->total == 0 ? 'u' : 'g', person->pw_name, person->pw_name);
		return -1;
	}
	if (access("/usr/bin/newuidmap", X_OK) < 0 || access("/usr/bin/newgidmap", X_OK) < 0) {
		*why_out = text_format(_("newuidmap is not installed: install the package uidmap "
					 "or shadow-utils"));
		return -1;
	}
	return 0;
}

int confine_ids_find(unsigned *first_out, unsigned *count_out, char **why_out)
{
	struct ranges uids, gids;
	struct passwd *person;

	if (find_ranges(&uids, &gids, &person, why_out) < 0)
		return -1;
	*first_out = uids.items[0].first;
	*count_out = uids.total < gids.total ? uids.total : gids.total;
	return 0;
}

/* ---- one of them ---- */

/* Returns an fd, or -1 with errno. */
static int open_lock(const char *home)
{
	char *folder = text_format("%s" LOCK_FOLDER, home), *path;
	int fd;

	for (char *slash = folder + strlen(home) + 1; slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = *slash == '/' ? '\0' : *slash;
		(void)mkdir(folder, 0700);
		if (*slash == '\0')
			*slash = '/';
	}
	(void)mkdir(folder, 0700);
	path = text_format("%s/" LOCK_FILE, folder);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	free(path);
	free(folder);
	return fd;
}

static int is_free(int fd, unsigned id)
{
	/* The lock belongs to the open file: processes that share it share the lock. */
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)id,
			      .l_len = 1 };

	return fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

/*
 * Does a process have it? Then a container does, whose ids come from the same range, or a
 * program whose lock was lost with its file.
 */
static int is_in_use(unsigned id)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	int found = 0;

	while (processes != NULL && !found && (entry = readdir(processes)) != NULL) {
		struct stat status;

		found = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
			fstatat(dirfd(processes), entry->d_name, &status, 0) == 0 &&
			status.st_uid == id;
	}
	if (processes != NULL)
		(void)closedir(processes);
	return found;
}

int confine_ids_take(struct confine_ids *ids, char **why_out)
{
	struct ranges uids, gids;
	struct passwd *person;
	unsigned total;
	int fd;

	if (find_ranges(&uids, &gids, &person, why_out) < 0)
		return -1;
	fd = open_lock(person->pw_dir);
	if (fd < 0) {
		*why_out = text_format(_("%s%s: cannot be opened: %s"), person->pw_dir,
				       LOCK_FOLDER "/" LOCK_FILE, strerror(errno));
		return -1;
	}
	total = uids.total < gids.total ? uids.total : gids.total;
	/* From the middle on: containers fill the range from its ends. */
	for (unsigned i = 0; i < total; i++) {
		unsigned index = (total / 2 + i) % total, uid = id_at(&uids, index);

		if (!is_free(fd, uid) || is_in_use(uid))
			continue;
		*ids = (struct confine_ids){ .uid = uid, .gid = id_at(&gids, index),
					     .is_taken = 1, .lock_fd = fd };
		return 0;
	}
	close(fd);
	*why_out = text_format(_("all %u of %s are in use"), total, person->pw_name);
	return -1;
}

/* ---- the map ---- */

static int write_map(int pid, const char *name, const char *text)
{
	char *path = text_format("/proc/%d/%s", pid, name);
	int fd = open(path, O_WRONLY | O_CLOEXEC), error = errno;
	ssize_t done = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0) {
		error = errno;
		close(fd);
	}
	free(path);
	return done < 0 ? confine_fail(name, error) : 0;
}

/* The person's own id, which needs no privilege once groups can no longer be dropped. */
static int map_own(int pid)
{
	char *uids = text_format("%u %u 1", CONFINE_INSIDE_ID, (unsigned)geteuid());
	char *gids = text_format("%u %u 1", CONFINE_INSIDE_ID, (unsigned)getegid());
	int result = write_map(pid, "uid_map", uids);

	if (result == 0)
		result = write_map(pid, "setgroups", "deny");
	if (result == 0)
		result = write_map(pid, "gid_map", gids);
	free(gids);
	free(uids);
	return result;
}

/* Those tools say themselves what is wrong. */
static int run_tool(const char *tool, int pid, unsigned outside)
{
	char numbers[3][16];
	pid_t child = fork();
	int status = 0;

	(void)snprintf(numbers[0], sizeof numbers[0], "%d", pid);
	(void)snprintf(numbers[1], sizeof numbers[1], "%u", CONFINE_INSIDE_ID);
	(void)snprintf(numbers[2], sizeof numbers[2], "%u", outside);
	if (child == 0) {
		/* The program's files are not for it. */
		(void)close_range(3, ~0u, 0);
		(void)execl(tool, tool, numbers[0], numbers[1], numbers[2], "1", (char *)NULL);
		_exit(127);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return child < 0 || status != 0 ? confine_fail(tool, child < 0 ? errno : EPERM) : 0;
}

int confine_ids_map(const struct confine_ids *ids, int pid)
{
	if (!ids->is_taken)
		return map_own(pid);
	if (run_tool("/usr/bin/newuidmap", pid, ids->uid) < 0)
		return -1;
	return run_tool("/usr/bin/newgidmap", pid, ids->gid);
}
