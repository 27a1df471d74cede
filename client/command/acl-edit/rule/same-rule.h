/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Rules that are about the same, and what keeps one from counting.
 */
#ifndef VMGRANT_CLIENT_COMMAND_ACL_EDIT_RULE_SAME_RULE_H
#define VMGRANT_CLIENT_COMMAND_ACL_EDIT_RULE_SAME_RULE_H

#include "client/command/common/person.h"
#include "judge/policy/load.h"

/* 1 if both have the same effect and are about the same things and people. */
int rule_is_same(const struct acl_rule *left, const struct acl_rule *right);

/* 1 if they also give the same. */
int rule_is_equal(const struct acl_rule *left, const struct acl_rule *right);

/*
 * What keeps an allow from deciding for anybody whom it names: a deny, or an allow that
 * comes first. NULL: it decides. Of a rule for a user who is known, and one thing, as the
 * judge says; of others what is plain from the rules' words.
 *
 * rule    one of the policy's
 * person  whom it names; NULL: not one person, or not known
 */
const struct acl_rule *rule_obstacle(const struct policy *policy, const struct acl_rule *rule,
				     const struct person *person);

#endif
