/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Who is asking, as the kernel says it. */
#include "judge/caller.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* As many as a process can have. */
#define GROUPS_MAX 65536u

void caller_identify(struct caller *caller, const struct judge_start *start)
{
	*caller = (struct caller){
		.uid = start->caller,
		.groups = start->groups,
		.group_count = start->group_count,
		.parent = start->parent,
	};
	(void)snprintf(caller->name, sizeof caller->name, "%u", (unsigned)caller->uid);
}

/* Asked for twice: with no room the kernel says how much it takes. */
static int read_groups(struct caller *caller, int client)
{
	struct ucred peer = { .pid = 0 };
	socklen_t length = sizeof peer, size = 0;
	gid_t *groups;

	if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0 ||
	    (getsockopt(client, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) < 0 && errno != ERANGE))
		return -1;
	errno = E2BIG;
	groups = size <= GROUPS_MAX * sizeof *groups
			 ? calloc(size / sizeof *groups + 1, sizeof *groups)
			 : NULL;
	if (groups == NULL)
		return -1;
	groups[0] = peer.gid;
	caller->groups = groups;
	if (size > 0 && getsockopt(client, SOL_SOCKET, SO_PEERGROUPS, groups + 1, &size) < 0)
		return -1;
	caller->group_count = size / sizeof *groups + 1;
	return 0;
}

enum reply_code caller_find_groups(struct caller *caller, int client, struct refusal *why)
{
	if (read_groups(caller, client) == 0)
		return REPLY_GRANTED;
	return refuse(why, REPLY_INTERNAL, "start: who asks: groups: %s", strerror(errno));
}

enum reply_code caller_find_name(struct caller *caller, struct refusal *why)
{
	switch (names_of_uid(caller->uid, caller->name, sizeof caller->name)) {
	case ACL_NAME_FOUND:
		return REPLY_GRANTED;
	case ACL_NAME_UNKNOWN:
		caller->is_nameless = 1;
		return REPLY_GRANTED;
	default:
		return refuse(why, REPLY_DENIED,
			      "uid %u: not allowed: the system's list of users does not answer: "
			      "try again later",
			      (unsigned)caller->uid);
	}
}
