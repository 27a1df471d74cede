/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The ACL's verdict about what a request names, and the sentence for a no.
 */
#ifndef VMGRANT_JUDGE_ACL_VERDICT_H
#define VMGRANT_JUDGE_ACL_VERDICT_H

#include "judge/caller.h"
#include "judge/policy/load.h"
#include "judge/request.h"
#include "wire/refusal/refusal.h"

/*
 * The one sentence for "no rule" and "a rule forbids it", for an object that is
 * there and one that is not: who may not use it learns nothing about it.
 */
enum reply_code judge_deny(const struct request *request, const struct caller *caller,
			   struct refusal *why);

/*
 * The same for ACL_VERDICT_NO_NAMES: the rule of which it cannot be told whether it is
 * about the caller. Its place and its name are told to whoever asks: names of people
 * are no secret of the policy's.
 */
enum reply_code judge_no_names(const struct request *request, const struct caller *caller,
			       const struct acl_rule *rule, struct refusal *why);

/* The verdict about an object alone, for who has a sentence of his own. */
enum acl_verdict judge_verdict(const struct acl_object *object, const struct caller *caller,
			       const struct policy *policy, const struct acl_rule **rule_out);

/*
 * May the caller have this object? The sentence of a refusal is about what the
 * request names.
 *
 * rule_out  the rule that decided, NULL where none did
 */
enum reply_code judge_object(const struct request *request, const struct acl_object *object,
			     const struct caller *caller, const struct policy *policy,
			     const struct acl_rule **rule_out, struct refusal *why);

/*
 * The kinds of which the policy has any allow that could be the caller's, as
 * acl_kinds_possible() returns them: what is needed for the others can be given up.
 */
unsigned policy_kinds_possible(const struct policy *policy, const struct caller *caller);

#endif
