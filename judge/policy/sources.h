/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Which files a policy was read from, and whether they are still the same.
 */
#ifndef VMGRANT_JUDGE_POLICY_SOURCES_H
#define VMGRANT_JUDGE_POLICY_SOURCES_H

#include <stddef.h>
#include <sys/stat.h>

/*
 * What a path is: what it names, and, where that is a symbolic link, what it leads to.
 * A link on the way, first or last, that was set to another place leads to something else.
 */
struct policy_look {
	int error; /* why it could not be looked at, 0: it was there */
	struct stat named, target;
};

/* A file or folder as it was just before it was opened. */
struct policy_source {
	const char *path;
	struct policy_look look;
};

/* A list that grows; release its items with free(). */
struct policy_sources {
	struct policy_source *items;
	size_t count, capacity;
};

/*
 * Note a file or folder, whether or not it is there, before it is opened: what
 * changes in between is seen as a change later. path must outlive the list.
 * Returns 0, or -1 without memory.
 */
int policy_sources_add(struct policy_sources *sources, const char *path);

/*
 * 1 if every file is as it was, 0 if one has changed, come or gone, or cannot be
 * looked at with the rights of now. Only what was not there, or behind a folder that
 * is closed, and still is, counts as unchanged: any other failure is a change.
 */
int policy_sources_unchanged(const struct policy_sources *sources);

#endif
