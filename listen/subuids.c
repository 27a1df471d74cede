/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Reading /etc/subuid in a child without capabilities. Runs as the account. */
#include "listen/subuids.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <search.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "listen/capabilities.h"
#include "wire/process/clock.h"
#include "wire/process/close-range.h"

#define SUBUIDS "/etc/subuid"
/* There is room for as many of the usual size. */
#define RANGES_MAX 65536
#define NAMES_MAX 262144
#define LINE_SIZE 256
/* Local files; nobody is accepted meanwhile. */
#define READ_MS 5000

/* ---- in the child ---- */

/* A whole number of 32 bits and the character behind it, or -1. */
static long long parse_number(const char *text, char end, const char **rest_out)
{
	char *rest;
	unsigned long long number;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	number = strtoull(text, &rest, 10);
	*rest_out = rest + 1;
	return errno == 0 && *rest == end && number <= UINT32_MAX ? (long long)number : -1;
}

/* The number that stands for a name: what is entered first counts. */
static uint32_t number_of(const char *name, uint32_t number)
{
	ENTRY entry = { .key = strdup(name), .data = (void *)(uintptr_t)number };
	ENTRY *found = entry.key != NULL ? hsearch(entry, ENTER) : NULL;

	return found != NULL ? (uint32_t)(uintptr_t)found->data : number;
}

static void learn_names(void)
{
	FILE *file = fopen("/etc/passwd", "re");
	struct passwd *entry;

	while (file != NULL && (entry = fgetpwent(file)) != NULL)
		(void)number_of(entry->pw_name, entry->pw_uid);
	if (file != NULL)
		(void)fclose(file);
}

/* OWNER:FIRST:COUNT. Returns 0, or -1: it is no such line. */
static int parse_line(char *line, struct subuids_range *range_out)
{
	char *owner_end = strchr(line, ':');
	const char *rest;
	long long first, count, uid;

	if (owner_end == NULL || owner_end == line || *line == '#')
		return -1;
	*owner_end = '\0';
	first = parse_number(owner_end + 1, ':', &rest);
	count = first < 0 ? -1 : parse_number(rest, '\0', &rest);
	if (count <= 0 || first + count > UINT32_MAX)
		return -1;
	uid = parse_number(line, '\0', &rest);
	*range_out = (struct subuids_range){ .first = (uint32_t)first,
					     .count = (uint32_t)count,
					     .owner = uid >= 0 ? (uint32_t)uid
							       : number_of(line, (uint32_t)first) };
	return 0;
}

static void tell_ranges(FILE *to)
{
	FILE *file = fopen(SUBUIDS, "re");
	char line[LINE_SIZE];
	struct subuids_range range;
	int count = 0, begins = 1;

	while (file != NULL && count < RANGES_MAX && fgets(line, sizeof line, file) != NULL) {
		const int is_whole = strchr(line, '\n') != NULL || feof(file);

		line[strcspn(line, "\n")] = '\0';
		if (begins && is_whole && parse_line(line, &range) == 0)
			count += fwrite(&range, sizeof range, 1, to) == 1;
		begins = is_whole;
	}
	if (file != NULL)
		(void)fclose(file);
}

static void be_reader(int write_fd)
{
	FILE *to;

	if (capabilities_drop_all() < 0 || dup2(write_fd, 3) < 0 || close_range(4, ~0U, 0) < 0)
		_exit(1);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)alarm(READ_MS / 1000 + 1);
	to = fdopen(3, "w");
	if (to == NULL || hcreate(NAMES_MAX) == 0)
		_exit(1);
	learn_names();
	tell_ranges(to);
	_exit(fclose(to) == 0 ? 0 : 1);
}

/* ---- in the process that accepts ---- */

/* As much as comes in time; whole ranges count. */
static void hear_ranges(struct subuids *subuids, int read_fd)
{
	const long long end_ms = clock_now_ms() + READ_MS;
	const size_t size = RANGES_MAX * sizeof *subuids->ranges;
	struct pollfd readable = { .fd = read_fd, .events = POLLIN };
	size_t length = 0;
	ssize_t more = 1;

	while (more > 0 && length < size) {
		const long long left_ms = end_ms - clock_now_ms();

		if (left_ms <= 0 || poll(&readable, 1, (int)left_ms) <= 0)
			break;
		more = read(read_fd, (char *)subuids->ranges + length, size - length);
		length += more > 0 ? (size_t)more : 0;
	}
	if (more < 0 || (more > 0 && length < size))
		fputs("vmgrant-listen: " SUBUIDS ": cannot be read in time\n", stderr);
	subuids->count = length / sizeof *subuids->ranges;
}

static int is_same(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino &&
	       one->st_size == other->st_size && one->st_mtim.tv_sec == other->st_mtim.tv_sec &&
	       one->st_mtim.tv_nsec == other->st_mtim.tv_nsec &&
	       one->st_ctim.tv_sec == other->st_ctim.tv_sec &&
	       one->st_ctim.tv_nsec == other->st_ctim.tv_nsec;
}

int subuids_init(struct subuids *subuids)
{
	memset(subuids, 0, sizeof *subuids);
	/* Pages of it that no range fills are never there. */
	subuids->ranges = calloc(RANGES_MAX, sizeof *subuids->ranges);
	return subuids->ranges == NULL ? -1 : 0;
}

void subuids_refresh(struct subuids *subuids)
{
	struct stat file;
	int ends[2];
	pid_t reader;

	if (stat(SUBUIDS, &file) < 0)
		memset(&file, 0, sizeof file);
	if (is_same(&file, &subuids->file))
		return;
	subuids->file = file;
	subuids->count = 0;
	if (file.st_ino == 0)
		return;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		perror("vmgrant-listen: pipe");
		return;
	}
	reader = fork();
	if (reader == 0)
		be_reader(ends[1]);
	close(ends[1]);
	if (reader > 0)
		hear_ranges(subuids, ends[0]);
	else
		perror("vmgrant-listen: fork");
	/* It is reaped with the helpers, so that the number is still its own. */
	if (reader > 0)
		(void)kill(reader, SIGKILL);
	close(ends[0]);
}

uid_t subuids_owner(const struct subuids *subuids, uid_t uid)
{
	for (size_t i = 0; i < subuids->count; i++) {
		const struct subuids_range *range = &subuids->ranges[i];

		if (uid >= range->first && uid - range->first < range->count)
			return range->owner;
	}
	return uid;
}
