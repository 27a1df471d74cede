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
#define TOLD_MAX (RANGES_MAX + 1)
#define NAMES_MAX 262144
#define LINE_SIZE 256
/* Local files; nobody is accepted meanwhile. */
#define READ_MS 5000
#define AGAIN_MS 1000

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

/* The last one is of nothing: what comes before is all that there is. */
static void tell_ranges(FILE *to)
{
	static const struct subuids_range end;
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
	if (file != NULL ? !ferror(file) : errno == ENOENT || errno == EACCES)
		(void)fwrite(&end, sizeof end, 1, to);
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

/* Read until the reader closes its end. Returns the length, or -1: that takes too long. */
static ssize_t hear(char *bytes, size_t size, int read_fd)
{
	const long long end_ms = clock_now_ms() + READ_MS;
	struct pollfd readable = { .fd = read_fd, .events = POLLIN };
	size_t length = 0;
	ssize_t more = 1;

	while (more > 0 && length < size) {
		const long long left_ms = end_ms - clock_now_ms();

		if (left_ms <= 0 || poll(&readable, 1, (int)left_ms) <= 0)
			return -1;
		more = read(read_fd, bytes + length, size - length);
		length += more > 0 ? (size_t)more : 0;
	}
	return (ssize_t)length;
}

/* They count when all are there. Returns 0 or -1. */
static int hear_ranges(struct subuids *subuids, int read_fd)
{
	struct subuids_range *ranges = subuids->spare;
	const ssize_t length = hear((char *)ranges, TOLD_MAX * sizeof *ranges, read_fd);
	const size_t count = length > 0 ? (size_t)length / sizeof *ranges : 0;

	if (count == 0 || ranges[count - 1].count != 0)
		return -1;
	subuids->spare = subuids->ranges;
	subuids->ranges = ranges;
	subuids->count = count - 1;
	return 0;
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
	subuids->ranges = calloc(TOLD_MAX, sizeof *subuids->ranges);
	subuids->spare = calloc(TOLD_MAX, sizeof *subuids->spare);
	return subuids->ranges == NULL || subuids->spare == NULL ? -1 : 0;
}

/* Start a reader, hear it, and end it. Returns 0 or -1. */
static int read_ranges(struct subuids *subuids)
{
	int ends[2], result = -1;
	pid_t reader;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	reader = fork();
	if (reader == 0)
		be_reader(ends[1]);
	close(ends[1]);
	if (reader > 0) {
		result = hear_ranges(subuids, ends[0]);
		/* It is reaped with the helpers, so that the number is still its own. */
		(void)kill(reader, SIGKILL);
	}
	close(ends[0]);
	return result;
}

void subuids_refresh(struct subuids *subuids)
{
	const long long begin_ms = clock_now_ms();
	struct stat file;

	if (begin_ms < subuids->again_ms)
		return;
	if (stat(SUBUIDS, &file) < 0)
		memset(&file, 0, sizeof file);
	if (is_same(&file, &subuids->file))
		return;
	subuids->file = file;
	if (file.st_ino == 0) {
		subuids->count = 0;
	} else if (read_ranges(subuids) < 0) {
		fputs("vmgrant-listen: " SUBUIDS ": cannot be read now\n", stderr);
		memset(&subuids->file, 0, sizeof subuids->file);
		/* A tenth of the time may go into it. */
		subuids->again_ms = clock_now_ms() + AGAIN_MS + 10 * (clock_now_ms() - begin_ms);
	}
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
