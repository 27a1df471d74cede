/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Read a policy with the rights of who runs the command, by the judge's own code.
 */
#ifndef VMGRANT_CLIENT_COMMAND_COMMON_READ_POLICY_H
#define VMGRANT_CLIENT_COMMAND_COMMON_READ_POLICY_H

#include "client/command/common/person.h"
#include "judge/policy/load.h"

/*
 * Read the installed policy as a request of that person would.
 *
 * person  root reads imported qemu files as this person, because their modes decide for
 *         whom they speak; anybody else reads them as who they are
 *
 * Returns 0, or -1 with *error filled. policy_release() in both cases.
 */
int read_policy_for(const struct person *person, struct policy *policy, struct acl_error *error);

/*
 * Read a draft, which may belong to anybody and stand anywhere.
 *
 * warn  called with context for each file that a request would not trust: its path and the
 *       reason, both escaped
 *
 * Returns as read_policy_for() does.
 */
int read_policy_draft(const char *path, struct policy *policy, struct acl_error *error,
		      void (*warn)(void *context, const char *path, const char *reason),
		      void *context);

#endif
