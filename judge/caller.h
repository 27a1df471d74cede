/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Who is asking, as the kernel says it.
 *
 * The caller is the real uid of the helper. The name comes from the name
 * service and serves messages, polkit's details and the interface's alias; it
 * never decides anything.
 */
#ifndef VMGRANT_JUDGE_CALLER_H
#define VMGRANT_JUDGE_CALLER_H

#include <stddef.h>
#include <sys/types.h>

#include "judge/judge.h"
#include "judge/names.h"
#include "wire/refusal/refusal.h"

#define CALLER_NAME_MAX 64

struct caller {
	uid_t uid;
	const gid_t *groups; /* the real gid first, then the supplementary ones */
	size_t group_count;
	pid_t parent; /* who started the helper, for the records only */
	char name[CALLER_NAME_MAX]; /* escaped; the uid as digits if there is none */
	int is_nameless; /* 1: looked up, and the system knows no user of that uid */
	struct names_memory *names; /* of a connection's requests; NULL: none */
};

/* As the helper says it; the name is the uid's digits. */
void caller_identify(struct caller *caller, const struct judge_start *start);

/* Of the service's client, which the helper cannot be: as the kernel says at the connection. */
enum reply_code caller_find_groups(struct caller *caller, int client, struct refusal *why);

/*
 * Look up the caller's name. A process of a uid without an entry is left over from a
 * removed account, or lives in a container whose ids mean somebody else: only a rule
 * that names the very number is for it. A failure to look is refused.
 */
enum reply_code caller_find_name(struct caller *caller, struct refusal *why);

#endif
