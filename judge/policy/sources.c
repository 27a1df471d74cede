/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Which files a policy was read from, and whether they are still the same. */
#include "judge/policy/sources.h"

#include <errno.h>
#include <stdlib.h>

static struct policy_look look_at(const char *path)
{
	struct policy_look look = { .error = 0 };

	if (lstat(path, &look.named) < 0)
		look.error = errno;
	else if (S_ISLNK(look.named.st_mode) && stat(path, &look.target) < 0)
		look.error = errno;
	return look;
}

int policy_sources_add(struct policy_sources *sources, const char *path)
{
	if (sources->count == sources->capacity) {
		size_t capacity = sources->capacity == 0 ? 8 : sources->capacity * 2;
		struct policy_source *grown =
			reallocarray(sources->items, capacity, sizeof *grown);

		if (grown == NULL)
			return -1;
		sources->items = grown;
		sources->capacity = capacity;
	}
	sources->items[sources->count++] = (struct policy_source){ path, look_at(path) };
	return 0;
}

static int same_time(struct timespec one, struct timespec other)
{
	return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

/* The change time moves with content, owner and mode, and cannot be set by hand. */
static int same_file(const struct stat *then, const struct stat *now)
{
	return then->st_dev == now->st_dev && then->st_ino == now->st_ino &&
	       then->st_size == now->st_size && same_time(then->st_mtim, now->st_mtim) &&
	       same_time(then->st_ctim, now->st_ctim);
}

/* A failure says nothing about the file; only an absence is something that can last. */
static int is_absence(int error)
{
	return error == ENOENT || error == ENOTDIR || error == EACCES;
}

static int is_unchanged(const struct policy_source *source)
{
	const struct policy_look *then = &source->look;
	const struct policy_look now = look_at(source->path);

	if (now.error != 0)
		return now.error == then->error && is_absence(now.error);
	return then->error == 0 && same_file(&then->named, &now.named) &&
	       (!S_ISLNK(now.named.st_mode) || same_file(&then->target, &now.target));
}

int policy_sources_unchanged(const struct policy_sources *sources)
{
	for (size_t i = 0; i < sources->count; i++) {
		if (!is_unchanged(&sources->items[i]))
			return 0;
	}
	return 1;
}
