/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Who is asking, as the kernel says it. */
#include "judge/caller.h"

#include <stdio.h>

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
