/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Whose a subordinate uid is, by /etc/subuid: a person's 65,536 uids are one user of the service.
 *
 * A child without any capability reads the files; the process that has them reads what is in
 * struct subuids_range. No name service is asked: it could wait for ever.
 */
#ifndef VMGRANT_LISTEN_SUBUIDS_H
#define VMGRANT_LISTEN_SUBUIDS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

struct subuids_range {
	uint32_t first, count;
	/* A name that is not in /etc/passwd is known by the first uid of its first range. */
	uint32_t owner;
};

struct subuids {
	struct stat file; /* as it was when it was read; zero: there is none, or it is to be read */
	long long again_ms; /* by clock_now_ms(): the file is not looked at before */
	size_t count;
	struct subuids_range *ranges, *spare; /* its own, until the process ends */
};

/* Returns 0, or -1 with errno. */
int subuids_init(struct subuids *subuids);

/* Read the file if it is another than before. While it cannot be read, what was read before counts. */
void subuids_refresh(struct subuids *subuids);

/* Whose this uid is: its own where it is in no range. */
uid_t subuids_owner(const struct subuids *subuids, uid_t uid);

#endif
