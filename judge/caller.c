/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is asking, as the kernel says it. */
#include "judge/caller.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire/escape.h"

/* The real gid counts as a group of the caller wherever groups are compared. */
static int read_groups(struct caller *caller)
{
	int count = getgroups(0, NULL);

	if (count < 0)
		return -1;
	caller->groups = calloc((size_t)count + 1, sizeof *caller->groups);
	if (caller->groups == NULL)
		return -1;
	caller->groups[0] = getgid();
	if (count > 0)
		count = getgroups(count, caller->groups + 1);
	if (count < 0)
		return -1;
	caller->group_count = (size_t)count + 1;
	return 0;
}

enum reply_code caller_identify(struct caller *caller, struct refusal *why)
{
	*caller = (struct caller){ .uid = getuid(), .parent = getppid() };
	(void)snprintf(caller->name, sizeof caller->name, "%u", (unsigned)caller->uid);
	if (read_groups(caller) < 0)
		return refuse(why, REPLY_INTERNAL, "start: cannot read the caller's groups: %s",
			      strerror(errno));
	return REPLY_GRANTED;
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
