/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What of the journal's grants somebody still has: interfaces, and files that are open. */
#include "client/command/log/log.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/machine/ports.h"
#include "client/text/text.h"

/* The nodes below /dev that processes have open. */
static void add_files(struct words *open, const char *process)
{
	char *folder = text_format("/proc/%s/fd", process);
	DIR *files = opendir(folder);
	char target[64];
	struct dirent *entry;

	free(folder);
	if (files == NULL)
		return;
	while ((entry = readdir(files)) != NULL) {
		ssize_t length = readlinkat(dirfd(files), entry->d_name, target, sizeof target - 1);

		if (length <= 0)
			continue;
		target[length] = '\0';
		if (strncmp(target, "/dev/", 5) == 0)
			words_add(open, text_format("%s", target));
	}
	(void)closedir(files);
}

static void find_open(struct words *open)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;

	while (processes != NULL && (entry = readdir(processes)) != NULL) {
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			add_files(open, entry->d_name);
	}
	if (processes != NULL)
		(void)closedir(processes);
}

static int is_among(const struct words *words, const char *wanted)
{
	for (size_t i = 0; i < words->count; i++) {
		if (strcmp(words->items[i], wanted) == 0)
			return 1;
	}
	return 0;
}

static int has_port(const struct ports *ports, const struct log_record *record)
{
	char name[IFNAMSIZ];

	if (sscanf(record->given, "port %15s ", name) != 1)
		return 0;
	for (size_t i = 0; i < ports->count; i++) {
		if (strcmp(ports->items[i].name, name) == 0)
			return (long long)ports->items[i].made.uid == record->uid;
	}
	return 0;
}

/* A raised limit lasts as long as the process; it says itself which one that is. */
static int has_process(const struct log_record *record)
{
	const char *number = strstr(record->given, " for process ");
	char *folder;
	int result;

	if (number == NULL)
		return 0;
	folder = text_format("/proc/%d", atoi(number + sizeof " for process " - 1));
	result = access(folder, F_OK) == 0;
	free(folder);
	return result;
}

static enum log_held held_by(const struct log_record *record, const struct ports *ports,
			     const struct words *open)
{
	if (strncmp(record->given, "port ", 5) == 0)
		return has_port(ports, record) ? LOG_HELD : LOG_GONE;
	if (strncmp(record->given, "/dev/", 5) != 0)
		return has_process(record) ? LOG_HELD : LOG_GONE;
	if (is_among(open, record->given))
		return LOG_HELD;
	return geteuid() == 0 ? LOG_GONE : LOG_UNKNOWN;
}

/*
 * Names are used again: only the last grant of one can be what is held now. A record that anybody
 * may have written takes nothing from one of the helper's.
 */
static int was_given_again(const struct log *log, size_t index)
{
	const struct log_record *record = &log->records[index];

	for (size_t i = index + 1; i < log->count; i++) {
		const struct log_record *later = &log->records[i];

		if (later->is_grant && (later->is_signed || !record->is_signed) &&
		    strcmp(later->given, record->given) == 0)
			return 1;
	}
	return 0;
}

void log_find_held(struct log *log)
{
	struct words open = { .count = 0 };
	struct ports ports;

	if (ports_find(&ports) < 0)
		ports = (struct ports){ .count = 0 };
	find_open(&open);
	for (size_t i = 0; i < log->count; i++) {
		struct log_record *record = &log->records[i];

		if (!record->is_grant)
			continue;
		record->held = held_by(record, &ports, &open);
		if (record->held != LOG_GONE && was_given_again(log, i))
			record->held = LOG_GONE;
	}
	words_release(&open);
	ports_release(&ports);
}
