/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* How much one user may have under way at a time. */
#include "helper/turn.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "wire/process/clock.h"

#define PLACES 64 /* bytes of the file for each user */
#define PAUSE_NS 10000000L

struct bounds {
	int first, count;
};

static struct bounds bounds_of(enum turn_kind kind)
{
	static const struct bounds all[] = {
		[TURN_ASK] = { 0, 4 },
		[TURN_BUILD] = { 16, 16 },
		[TURN_CONNECT] = { 32, 32 },
	};

	return all[kind];
}

void turn_open(struct turn *turn)
{
	const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;

	*turn = (struct turn){ .place = -1 };
	turn->file = geteuid() != 0 ? open(VMGRANT_SERVICE_LOCK_FILE, flags)
				    : open(VMGRANT_LOCK_FILE, flags | O_CREAT, 0600);
	turn->error = turn->file < 0 ? errno : 0;
}

/* Of the open file, not of the process: also a fork of this one has to wait. */
static int lock(const struct turn *turn, short type, off_t place)
{
	struct flock range = {
		.l_type = type, .l_whence = SEEK_SET, .l_start = place, .l_len = 1,
	};

	return fcntl(turn->file, F_OFD_SETLK, &range) < 0 ? -errno : 0;
}

static int try_all(struct turn *turn, enum turn_kind kind, uid_t user)
{
	const struct bounds bounds = bounds_of(kind);

	for (int i = 0; i < bounds.count; i++) {
		off_t place = (off_t)user * PLACES + bounds.first + i;
		int result = lock(turn, F_WRLCK, place);

		if (result == 0)
			turn->place = place;
		if (result != -EAGAIN && result != -EACCES)
			return result;
	}
	return -EBUSY;
}

int turn_take(struct turn *turn, enum turn_kind kind, uid_t user, long long end_ms)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	int result;

	if (turn->file < 0)
		return -turn->error;
	if (turn->place >= 0)
		return -EALREADY;
	while ((result = try_all(turn, kind, user)) == -EBUSY && clock_now_ms() < end_ms)
		(void)nanosleep(&pause, NULL);
	return result;
}

void turn_release(struct turn *turn)
{
	if (turn->place >= 0)
		(void)lock(turn, F_UNLCK, turn->place);
	turn->place = -1;
}
