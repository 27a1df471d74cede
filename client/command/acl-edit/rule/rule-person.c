/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The person whom a rule names. */
#include "client/command/acl-edit/rule/rule-person.h"

#include <pwd.h>
#include <stdlib.h>

#include "client/command/common/command.h"
#include "client/text/text.h"

int rule_person_find(const struct acl_rule *rule, struct person *person)
{
	const struct acl_subject *subject = &rule->subject;
	const struct passwd *entry = NULL;
	char *name;
	int code;

	*person = (struct person){ 0 };
	if (subject->type == ACL_SUBJECT_USER_NAME)
		entry = getpwnam(subject->name);
	else if (subject->type == ACL_SUBJECT_USER_ID)
		entry = getpwuid(subject->id);
	if (entry == NULL)
		return 0;
	/* The entry is the name service's own memory, and overwritten by the next look-up. */
	name = text_format("%s", entry->pw_name);
	code = person_find(person, name);
	free(name);
	return code == VMGRANT_GRANTED;
}
