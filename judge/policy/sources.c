/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which files a policy was read from, and whether they are still the same. */
#include "judge/policy/sources.h"

#include <errno.h>
#include <stdlib.h>

int policy_sources_add(struct policy_sources *sources, const char *path)
{
	struct policy_source source = { .path = path };

	if (sources->count == sources->capacity) {
		size_t capacity = sources->capacity == 0 ? 8 : sources->capacity * 2;
		struct policy_source *grown =
			reallocarray(sources->items, capacity, sizeof *grown);

		if (grown == NULL)
			return -1;
		sources->items = grown;
		sources->capacity = capacity;
	}
	if (lstat(path, &source.status) < 0)
		source.error = errno;
	sources->items[sources->count++] = source;
	return 0;
}

static int same_time(struct timespec one, struct timespec other)
{
	return one.tv_sec == other.tv_sec && one.tv_nsec == other.tv_nsec;
}

/* The change time moves with content, owner and mode, and cannot be set by hand. */
static int is_unchanged(const struct policy_source *source)
{
	const struct stat *then = &source->status;
	struct stat now;

	if (lstat(source->path, &now) < 0)
		return errno == source->error;
	return source->error == 0 && then->st_dev == now.st_dev && then->st_ino == now.st_ino &&
	       then->st_size == now.st_size && same_time(then->st_mtim, now.st_mtim) &&
	       same_time(then->st_ctim, now.st_ctim);
}

int policy_sources_unchanged(const struct policy_sources *sources)
{
	for (size_t i = 0; i < sources->count; i++) {
		if (!is_unchanged(&sources->items[i]))
			return 0;
	}
	return 1;
}
