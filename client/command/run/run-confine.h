/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant run --confine: what the program may use, and the words that QEMU needs for it.
 */
#ifndef VMGRANT_CLIENT_COMMAND_RUN_RUN_CONFINE_H
#define VMGRANT_CLIENT_COMMAND_RUN_RUN_CONFINE_H

#include "client/confine/confine.h"
#include "client/text/text.h"

struct display;
struct run;

struct run_confine {
	int is_wanted;
	int keeps_user;         /* 1: no subordinate id */
	struct confine confine; /* its places are those that the person named, until prepared */
	struct words made;      /* sockets that go when the program ends */
	const struct display *display; /* NULL: the program's own words say */
	char *display_path;            /* of its socket, as the person named it */
	char *without_ids;	/* why there are no subordinate ids; NULL: there are */
};

/* --confine[=WORD,...] (confine-words.c) and --file PATH[:ro]. Each returns 0, or the exit status and has said why. */
int run_confine_take(struct run_confine *confine, const char *words);
int run_confine_add_file(struct run_confine *confine, const char *text);

/*
 * run->words are whole: take ids, open the disks that they name, and add what QEMU needs for
 * it. Returns the same.
 */
int run_confine_prepare(struct run *run);

/* What only --confine has, without it. Returns the same. */
int run_confine_check(const struct run_confine *confine);

/* Files that came from outside are the program's only if its arguments have their numbers. */
void run_confine_close_others(const struct run *run);

/* Returns the exit status. */
int run_confine_start(struct run *run);

/* For --dry-run. */
void run_confine_print(const struct run *run);

void run_confine_release(struct run_confine *confine);

#endif
