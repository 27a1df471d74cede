/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Why the policy is not changed: a sentence each.
 */
#ifndef VMGRANT_CLIENT_COMMAND_ACL_EDIT_PLAN_REFUSALS_H
#define VMGRANT_CLIENT_COMMAND_ACL_EDIT_PLAN_REFUSALS_H

#include "client/command/acl-edit/acl-edit.h"
#include "judge/policy/load.h"

/* Each prints the sentence and returns the exit status. */

/* The policy has an error already, or would get one. */
int plan_refuse_error(const struct acl_edit *edit, const struct acl_error *error);

/* The file has the syntax of qemu-bridge-helper. */
int plan_refuse_imported(const struct acl_edit *edit, const char *path);

/* A deny, or an allow that comes first, keeps the line from counting. */
int plan_refuse_obstacle(const struct acl_edit *edit, const struct acl_rule *obstacle);

/* A line is about the same and gives something else. is_here: it stands in the edited file. */
int plan_refuse_same(const struct acl_edit *edit, const struct acl_rule *same, int is_here);

/*
 * No such line is in the file. elsewhere: an equal one in another file, or NULL; same: one
 * that is about the same, or NULL.
 */
int plan_refuse_missing(const struct acl_edit *edit, const struct policy *policy,
			const struct acl_rule *elsewhere, const struct acl_rule *same);

/* No refusal: the line is there already, and nothing is to be done. */
void plan_tell_equal(const struct acl_edit *edit, const struct acl_rule *equal);

#endif
