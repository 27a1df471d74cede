/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What a rule names and this machine does not have. */
#include "client/command/check/acl/acl-names.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>

#include "client/command/machine/bridges.h"
#include "client/command/machine/tree.h"
#include "client/text/message.h"
#include "client/text/nearest.h"
#include "wire/refusal/escape.h"

/* Name services answer with any of these for "not found", see getpwnam(3). */
static int is_unknown(int error)
{
	return error == 0 || error == ENOENT || error == ESRCH;
}

static void add_bridge(const struct acl_rule *rule, struct words *missing)
{
	char name[ACL_LINE_MAX];
	const char *nearest;
	struct words bridges;

	(void)bridges_find(&bridges);
	nearest = nearest_word(rule->bridge, (const char *const *)bridges.items, bridges.count);
	escape_string(name, sizeof name, rule->bridge);
	words_add(missing, nearest == NULL
				   ? text_format(_("there is no bridge %s"), name)
				   : text_format(_("there is no bridge %s: did you mean %s?"), name,
						 nearest));
	words_release(&bridges);
}

void acl_names_missing(const struct acl_rule *rule, struct words *missing)
{
	const struct acl_subject *subject = &rule->subject;
	char name[ACL_LINE_MAX];

	if (rule->kind == ACL_KIND_BRIDGE && rule->bridge != NULL &&
	    !tree_exists("", "/sys/class/net/%s/bridge", rule->bridge))
		add_bridge(rule, missing);
	if (subject->name != NULL)
		escape_string(name, sizeof name, subject->name);
	errno = 0;
	if (subject->type == ACL_SUBJECT_USER_NAME && getpwnam(subject->name) == NULL &&
	    is_unknown(errno))
		words_add(missing, text_format(_("there is no user %s"), name));
	errno = 0;
	if (subject->type == ACL_SUBJECT_GROUP_NAME && getgrnam(subject->name) == NULL &&
	    is_unknown(errno))
		words_add(missing, text_format(_("there is no group %s"), name));
}
