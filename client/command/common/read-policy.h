/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Read a policy with the rights of who runs the command, by the judge's own code.
 */
#ifndef VMGRANT_CLIENT_COMMAND_COMMON_READ_POLICY_H
#define VMGRANT_CLIENT_COMMAND_COMMON_READ_POLICY_H

#include "client/command/common/person.h"
#include "judge/policy/load.h"

/* What there is to say about a policy that can be read. Each may be NULL; texts are escaped. */
struct policy_remarks {
	void *context;
	/* A file of a draft that a request would not trust. */
	void (*untrusted)(void *context, const char *path, const char *reason);
	/* What an imported qemu file says in vain. */
	void (*passed_over)(void *context, const struct acl_error *what);
};

/*
 * Read the installed policy as a request of that person would.
 *
 * person   root reads imported qemu files as this person, because their modes decide for
 *          whom they speak; anybody else, and root for NULL, reads them as who they are
 * remarks  NULL: nobody wants to know
 *
 * Returns 0, or -1 with *error filled. policy_release() in both cases.
 */
int read_policy_for(const struct person *person, struct policy *policy, struct acl_error *error,
		    const struct policy_remarks *remarks);

/* Read a draft, which may belong to anybody and stand anywhere. Returns the same. */
int read_policy_draft(const char *path, struct policy *policy, struct acl_error *error,
		      const struct policy_remarks *remarks);

#endif
