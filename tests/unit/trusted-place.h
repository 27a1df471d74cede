/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A folder of paths, of which some are trusted, and what somebody does to it.
 *
 * The walk's own steps begin there, and fstat() is the test's (the linker puts it in): what
 * was made there is root's, but what has been "foreign" is somebody else's. So the test
 * runs as anybody.
 */
#ifndef VMGRANT_TESTS_UNIT_TRUSTED_PLACE_H
#define VMGRANT_TESTS_UNIT_TRUSTED_PLACE_H

#include <sys/stat.h>

#include "judge/policy/trusted-file.h"

/* One test: its root folder, and what is done to it at a certain step of the walk. */
struct place {
	char root[64];
	struct trusted_problem problem;
	dev_t folder_device; /* the folder that start() or enter() returned last */
	ino_t folder_inode;
	unsigned step, attack_step; /* 0: no attack */
	const char *attack;         /* shell words, run in the root folder */
};

struct wrong {
	const char *script, *path, *reason;
};

/* For cmocka: *state is the place. */
int place_set_up(void **state);
int place_tear_down(void **state);

/* A shell script, in the root folder. "foreign FILE...": they are somebody else's. */
void place_run(const struct place *place, const char *script);

/* Returns an fd, or -1 with place->problem. */
int place_walk(struct place *place, const char *path, mode_t kind);

/* What the path holds, without its newline, or "" if it was refused. */
const char *place_content(struct place *place, const char *path);

void place_assert_refused(struct place *place, const char *path, const char *reason);

#endif
