/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * How much one user may have under way at a time, so that others are served.
 *
 * A turn is a lock on one byte of a file that only root can open, and for the service and a
 * helper with file capabilities of another one that is the account's: the byte's place is the
 * user's id and a number below the limit. The kernel frees it when the helper
 * ends, however it ends; a helper that its caller has stopped only keeps that
 * caller's other requests waiting.
 */
#ifndef VMGRANT_HELPER_TURN_H
#define VMGRANT_HELPER_TURN_H

#include <sys/types.h>

enum turn_kind {
	TURN_ASK = 1, /* questions to polkit: the account's connections to the bus are limited */
	TURN_BUILD,   /* ports: a network namespace each before there is an interface */
	TURN_CONNECT, /* connections to the service: a process each */
};

struct turn {
	int file;    /* -1: not open */
	int error;   /* why it could not be opened, as errno; 0: it was not tried yet */
	off_t place; /* of the turn that is taken, -1: none */
};

/*
 * Open the file, as root in phase 0, or as the account. One that cannot be opened gives no turn.
 * The account finds it made by systemd-tmpfiles, root makes it.
 */
void turn_open(struct turn *turn);

/*
 * Take one of the user's turns, waiting until end_ms by clock_now_ms() for one.
 * Returns 0, -EBUSY when the time was over, or another negative errno.
 */
int turn_take(struct turn *turn, enum turn_kind kind, uid_t user, long long end_ms);

/* Give it back. */
void turn_release(struct turn *turn);

#endif
