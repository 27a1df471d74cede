/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What counts after an edit, and how it is said.
 */
#ifndef VMGRANT_CLIENT_COMMAND_ACL_EDIT_EDIT_OUTCOME_H
#define VMGRANT_CLIENT_COMMAND_ACL_EDIT_EDIT_OUTCOME_H

#include "client/command/acl-edit/acl-edit.h"
#include "client/command/acl-edit/edited-policy.h"
#include "client/command/common/person.h"

/* To be released. */
struct edit_outcome {
	const struct acl_edit *edit;
	const struct acl_done *done;
	const struct edited_file *file;
	struct edited_policy after;
	struct person person; /* whom the rule names; zeroed: not one who is known */
	int is_judged;        /* 1: for that person and one thing, by the judge */
	int is_allowed;
	const struct acl_rule *decider; /* of the policy; NULL: no rule is about it */
	char *diff;                     /* NULL: nothing changes */
};

/*
 * Judge by the policy with the new text, before that is put in place.
 *
 * text  NULL: it stays as it is
 *
 * Returns VMGRANT_GRANTED, or another code after printing why. Release in both cases.
 */
int edit_outcome_find(struct edit_outcome *outcome, const struct acl_edit *edit,
		      const struct edited_file *file, const char *text,
		      const struct acl_done *done);

void edit_outcome_release(struct edit_outcome *outcome);

/* Say it on standard output, for people and for programs. Returns the exit status. */
int edit_outcome_print(const struct edit_outcome *outcome);
int edit_outcome_print_json(const struct edit_outcome *outcome);

#endif
