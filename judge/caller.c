/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is asking, as the kernel says it. */
#include "judge/caller.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "wire/escape.h"

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
	const struct passwd *entry;

	errno = 0;
	entry = getpwuid(caller->uid);
	if (entry == NULL)
		return refuse(why, REPLY_DENIED,
			      "uid %u: not allowed: the system knows no user of that id%s%s",
			      (unsigned)caller->uid, errno != 0 ? ": " : "",
			      errno != 0 ? strerror(errno) : "");
	escape_string(caller->name, sizeof caller->name, entry->pw_name);
	return REPLY_GRANTED;
}
