/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A person whom a command is about: who runs it, or somebody whom root names.
 */
#ifndef VMGRANT_CLIENT_COMMAND_COMMON_PERSON_H
#define VMGRANT_CLIENT_COMMAND_COMMON_PERSON_H

#include <stddef.h>
#include <sys/types.h>

/* Ids and groups as login would give them. Zeroed: nobody. */
struct person {
	char *name; /* escaped */
	char *home;
	uid_t uid;
	gid_t *groups; /* the primary one first */
	size_t group_count;
	int is_other; /* 1: somebody else than who runs this */
};

/*
 * Look a person up, in the name service.
 *
 * name  a login name, or NULL for who runs this
 *
 * Returns VMGRANT_GRANTED, or another code after printing why. Release in both cases.
 */
int person_find(struct person *person, const char *name);

void person_release(struct person *person);

/* 1 if that id has an account. */
int person_is_known(uid_t uid);

/*
 * 1 if this process sees all ids as they are, 0 in a user namespace that maps only some:
 * there, files of others seem to belong to nobody. root: before /proc.
 */
int person_all_ids_mapped(const char *root);

/*
 * Access files with a person's rights, and return to root's own: for root only.
 * enter returns 0, or -1 with errno and nothing changed; leave ends the process if it fails.
 */
int person_enter(const struct person *person);
void person_leave(void);

#endif
