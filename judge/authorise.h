/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From a request to a grant: the ACL, then polkit.
 *
 * struct grant is complete only in authorise.c. Whoever performs work takes a
 * const struct grant *, so that work without authorisation cannot be written
 * by accident.
 */
#ifndef VMGRANT_JUDGE_AUTHORISE_H
#define VMGRANT_JUDGE_AUTHORISE_H

#include "judge/caller.h"
#include "judge/object.h"
#include "judge/policy/load.h"
#include "helper/privileges.h"
#include "wire/refusal.h"
#include "judge/request.h"

struct grant;

/*
 * Judge a request, and what object_find() found for it, by the policy and, unless
 * the deciding rule says polkit=no, by polkit. All pointers stay the caller's and
 * must outlive the grant.
 *
 * rule_out   the rule that decided, NULL where none did: for the record, also
 *            of a refusal
 * grant_out  to be given back with grant_release(); NULL unless REPLY_GRANTED
 */
enum reply_code authorise(const struct request *request, struct object *object,
			  const struct caller *caller, const struct policy *policy,
			  const struct account *account, const struct acl_rule **rule_out,
			  struct grant **grant_out, struct refusal *why);

void grant_release(struct grant *grant);

/* What is granted, and to whom. */
const struct request *grant_request(const struct grant *grant);
const struct object *grant_object(const struct grant *grant);
const struct caller *grant_caller(const struct grant *grant);
const struct acl_options *grant_options(const struct grant *grant);

#endif
