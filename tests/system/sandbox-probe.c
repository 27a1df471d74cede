/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Look names up from inside the judge's sandbox, as whoever started it. For the system tests.
 *
 *     sandbox-probe KIND NAME...      KIND: user, group, or groups (of a user)
 *
 * Prints a line for each: the number, the numbers, or "none"; or "error N" with an errno.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/sandbox/sandbox.h"

#define ROOM 65536
#define GROUPS_MAX 64

static void print_user(const char *name, char *room)
{
	struct passwd entry, *found;
	int error = getpwnam_r(name, &entry, room, ROOM, &found);

	if (error != 0)
		printf("error %d\n", error);
	else if (found == NULL)
		printf("none\n");
	else
		printf("%lu\n", (unsigned long)entry.pw_uid);
}

static void print_group(const char *name, char *room)
{
	struct group entry, *found;
	int error = getgrnam_r(name, &entry, room, ROOM, &found);

	if (error != 0)
		printf("error %d\n", error);
	else if (found == NULL)
		printf("none\n");
	else
		printf("%lu\n", (unsigned long)entry.gr_gid);
}

static void print_groups(const char *name, char *room)
{
	gid_t groups[GROUPS_MAX];
	int count = GROUPS_MAX;
	struct passwd entry, *found;

	if (getpwnam_r(name, &entry, room, ROOM, &found) != 0 || found == NULL ||
	    getgrouplist(name, entry.pw_gid, groups, &count) < 0) {
		printf("none\n");
		return;
	}
	for (int i = 0; i < count; i++)
		printf("%lu%c", (unsigned long)groups[i], i + 1 < count ? ' ' : '\n');
}

int main(int argc, char **argv)
{
	static const struct {
		const char *kind;
		void (*print)(const char *name, char *room);
	} kinds[] = { { "user", print_user }, { "group", print_group },
		      { "groups", print_groups } };
	static char room[ROOM];
	struct refusal why;

	if (judge_sandbox_enter(&why) != REPLY_GRANTED) {
		fprintf(stderr, "sandbox-probe: %s\n", why.sentence);
		return EXIT_FAILURE;
	}
	for (int i = 1; i + 1 < argc; i += 2) {
		for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
			if (strcmp(argv[i], kinds[k].kind) == 0)
				kinds[k].print(argv[i + 1], room);
		}
	}
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
