/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A person whom a command is about. */
#include "client/command/common/person.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/machine/tree.h"
#include "client/text/message.h"
#include "client/text/text.h"
#include "wire/refusal/escape.h"

#define GROUPS_MAX 65536

static int find_groups(struct person *person, const struct passwd *entry)
{
	int count = 64;

	for (;;) {
		size_t room = (size_t)count;

		free(person->groups);
		person->groups = text_need(calloc(room, sizeof *person->groups));
		if (getgrouplist(entry->pw_name, entry->pw_gid, person->groups, &count) >= 0)
			break;
		if (count > GROUPS_MAX || (size_t)count <= room)
			return -1;
	}
	person->group_count = (size_t)count;
	return 0;
}

static char *escape(const char *text)
{
	char escaped[256];

	return text_format("%s", escape_string(escaped, sizeof escaped, text));
}

int person_find(struct person *person, const char *name)
{
	const struct passwd *entry = name != NULL ? getpwnam(name) : getpwuid(getuid());

	*person = (struct person){ 0 };
	if (entry == NULL && name == NULL)
		return command_fail(VMGRANT_OBJECT, _("uid %u: there is no such user"),
				    (unsigned)getuid());
	if (entry == NULL)
		return command_fail(VMGRANT_OBJECT, _("user %.64s: there is no such user"), name);
	person->name = escape(entry->pw_name);
	person->home = text_format("%s", entry->pw_dir);
	person->uid = entry->pw_uid;
	person->is_other = entry->pw_uid != getuid();
	if (find_groups(person, entry) < 0)
		return command_fail(VMGRANT_INTERNAL, _("user %s: the groups cannot be read"),
				    person->name);
	return VMGRANT_GRANTED;
}

void person_release(struct person *person)
{
	free(person->name);
	free(person->home);
	free(person->groups);
	*person = (struct person){ 0 };
}

int person_is_known(uid_t uid)
{
	return getpwuid(uid) != NULL;
}

int person_all_ids_mapped(const char *root)
{
	char *map = tree_line(root, "/proc/self/uid_map");
	unsigned inside = 1, outside = 1, length = 0;
	int fields;

	/* A namespace that maps nobody has an empty file. */
	if (map == NULL)
		return !tree_exists(root, "/proc/self/uid_map");
	fields = sscanf(map, "%u %u %u", &inside, &outside, &length);
	free(map);
	return fields == 3 && inside == 0 && outside == 0 && length == 4294967295u;
}

int person_enter(const struct person *person)
{
	if (setgroups(person->group_count, person->groups) == 0 &&
	    setresgid((gid_t)-1, person->groups[0], (gid_t)-1) == 0 &&
	    setresuid((uid_t)-1, person->uid, (uid_t)-1) == 0)
		return 0;
	person_leave();
	return -1;
}

/* Root's supplementary groups give root nothing: an empty list is as good. */
void person_leave(void)
{
	if (setresuid((uid_t)-1, 0, (uid_t)-1) < 0 || setresgid((gid_t)-1, 0, (gid_t)-1) < 0 ||
	    setgroups(0, NULL) < 0)
		abort();
}
