/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What a rule names and this machine does not have. */
#include "client/command/check/acl/acl-names.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>

#include "client/command/machine/bridges.h"
#include "client/command/machine/tree.h"
#include "client/text/nearest.h"
#include "wire/refusal/escape.h"

/* Name services answer with any of these for "not found", see getpwnam(3). */
static int is_unknown(int error)
{
	return error == 0 || error == ENOENT || error == ESRCH;
}

static char *describe_missing(const char *kind, const char *name, const struct words *known)
{
	const char *nearest = nearest_word(name, (const char *const *)known->items, known->count);
	char escaped[ACL_LINE_MAX];

	escape_string(escaped, sizeof escaped, name);
	return nearest == NULL
		       ? text_format("there is no %s %s", kind, escaped)
		       : text_format("there is no %s %s: did you mean %s?", kind, escaped, nearest);
}

static void add_bridge(const struct acl_rule *rule, struct words *missing)
{
	struct words bridges;

	(void)bridges_find(&bridges);
	words_add(missing, describe_missing("bridge", rule->bridge, &bridges));
	words_release(&bridges);
}

void acl_names_missing(const struct acl_rule *rule, struct words *missing)
{
	const struct acl_subject *subject = &rule->subject;
	const struct words none = { 0 };

	if (rule->kind == ACL_KIND_BRIDGE && rule->bridge != NULL &&
	    !tree_exists("", "/sys/class/net/%s/bridge", rule->bridge))
		add_bridge(rule, missing);
	errno = 0;
	if (subject->type == ACL_SUBJECT_USER_NAME && getpwnam(subject->name) == NULL &&
	    is_unknown(errno))
		words_add(missing, describe_missing("user", subject->name, &none));
	errno = 0;
	if (subject->type == ACL_SUBJECT_GROUP_NAME && getgrnam(subject->name) == NULL &&
	    is_unknown(errno))
		words_add(missing, describe_missing("group", subject->name, &none));
}
