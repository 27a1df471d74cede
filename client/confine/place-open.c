/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Opening the places, twice: both times it must be the same file. */
#include "client/confine/place-open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/confine/reach.h"
#include "client/text/message.h"

/* What is not there is no matter, but a link that a guest put there is. */
static int is_failure(const struct confine_place *place)
{
	return place->is_needed || errno == EMFILE || errno == ENFILE || errno == EXDEV ||
	       errno == ESTALE;
}

static int say_failure(const struct confine_place *place)
{
	if (errno != EXDEV)
		return confine_fail(place->path, errno);
	confine_say(place->path, _("leads out of a folder where a guest may have put that "
				   "link: name what it leads to"));
	return -1;
}

/* ---- the person's process ---- */

int place_judge_all(struct confine *confine)
{
	for (size_t i = 0; i < confine->place_count; i++) {
		struct confine_place *place = &confine->places[i];

		place->judged_fd = confine_open(confine, place->path, O_PATH | O_CLOEXEC, NULL);
		if (place->judged_fd < 0 && is_failure(place))
			return say_failure(place);
	}
	return 0;
}

void place_leave_all(struct confine *confine)
{
	for (size_t i = 0; i < confine->place_count; i++) {
		if (confine->places[i].judged_fd >= 0)
			close(confine->places[i].judged_fd);
		confine->places[i].judged_fd = -1;
	}
}

/* ---- process 1 ---- */

static int is_same(int fd, int other_fd)
{
	struct stat one, other;

	return fstat(fd, &one) == 0 && fstat(other_fd, &other) == 0 &&
	       one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/* A file that the person may read and the program's own id may not. */
static int needs_copy(const struct confine *confine, const struct confine_place *place, int fd)
{
	struct stat status;

	return confine->ids.is_taken && place->access == CONFINE_READ &&
	       fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
	       (status.st_mode & S_IROTH) == 0;
}

/* Of the very file that is open as a place. */
static int open_to_copy(int place_fd)
{
	char link[32];
	int fd;

	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", place_fd);
	fd = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	close(place_fd);
	return fd;
}

/* Returns an fd, or -1 with errno: ESTALE for another file than was judged. */
static int open_judged(const struct confine *confine, const struct confine_place *place)
{
	int fd = place->judged_fd < 0 ? -1
				      : reach_known(confine, place->path, O_PATH | O_CLOEXEC);

	if (place->judged_fd < 0)
		errno = ENOENT;
	if (fd < 0)
		return -1;
	if (!is_same(fd, place->judged_fd)) {
		close(fd);
		errno = ESTALE;
		return -1;
	}
	return needs_copy(confine, place, fd) ? open_to_copy(fd) : fd;
}

int place_open_all(const struct confine *confine, int *fds)
{
	for (size_t i = 0; i < confine->place_count; i++)
		fds[i] = -1;
	for (size_t i = 0; i < confine->place_count; i++) {
		fds[i] = open_judged(confine, &confine->places[i]);
		if (fds[i] < 0 && is_failure(&confine->places[i]))
			return say_failure(&confine->places[i]);
	}
	return 0;
}
