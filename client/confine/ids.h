/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Subordinate ids: a user and a group of the person's own for each program that runs.
 */
#ifndef VMGRANT_CLIENT_CONFINE_IDS_H
#define VMGRANT_CLIENT_CONFINE_IDS_H

/* What the program sees as its own ids, whatever they are outside. */
#define CONFINE_INSIDE_ID 1000u

/* Zeroed: the person's own. */
struct confine_ids {
	unsigned uid, gid;
	int is_taken; /* 1: uid and gid are set, and lock_fd is open */
	int lock_fd;  /* whoever has it open has the ids */
};

/*
 * Take a pair of ids that no other program has. Close lock_fd to give them back; the kernel
 * does it for a process that ends.
 *
 * Returns 0, or -1 and *why_out says why there are none: to be freed.
 */
int confine_ids_take(struct confine_ids *ids, char **why_out);

/*
 * Whether there would be some: what confine_ids_take() does, without taking any.
 * *first_out and *count_out: the range. Returns 0 or -1 as that does.
 */
int confine_ids_find(unsigned *first_out, unsigned *count_out, char **why_out);

/* Map them to CONFINE_INSIDE_ID in the user namespace of pid. Returns 0 or -1, and has said why. */
int confine_ids_map(const struct confine_ids *ids, int pid);

#endif
