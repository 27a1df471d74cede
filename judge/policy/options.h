/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What an allow gives along with its yes: the options of a rule. Pure.
 */
#ifndef VMGRANT_JUDGE_POLICY_OPTIONS_H
#define VMGRANT_JUDGE_POLICY_OPTIONS_H

#include "judge/policy/words.h"
#include "judge/policy/acl.h"

/*
 * The most that memlock= may say. Below RLIM_INFINITY, which a large number
 * would otherwise mean without saying so.
 */
#define ACL_MEMLOCK_MAX ((uint64_t)INT64_MAX)

/*
 * Read one option into rule->options.
 *
 * seen  which options the rule has already: 0 before its first
 *
 * Returns 0, or -1 with *error filled: unknown, of another kind, on a deny,
 * written twice, without its value or with a wrong one.
 */
int acl_option_parse(struct acl_rule *rule, unsigned *seen, const struct acl_line *line,
		     const struct acl_word *word, struct acl_error *error);

#endif
