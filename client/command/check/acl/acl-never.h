/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Rules that look as if they allowed something and never do. Pure.
 */
#ifndef VMGRANT_CLIENT_COMMAND_CHECK_ACL_ACL_NEVER_H
#define VMGRANT_CLIENT_COMMAND_CHECK_ACL_ACL_NEVER_H

#include "judge/policy/acl.h"

/* 1 if the first rule is about everything, and everybody, that the second is about. */
int acl_rule_covers(const struct acl_rule *wide, const struct acl_rule *narrow);

/*
 * Why an allow rule can never be granted to anybody, whatever is asked for: a phrase, or
 * NULL if it can. *deny_out is the rule that forbids it, NULL: it forbids itself.
 */
const char *acl_rule_never(const struct acl *acl, const struct acl_rule *rule,
			   const struct acl_rule **deny_out);

#endif
