/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vmgrant-helper --check-acl [FILE]: say whether a policy is one, before it
 * bites. Runs with the caller's own rights, all privilege given up.
 */
#ifndef VMGRANT_JUDGE_POLICY_CHECK_ACL_H
#define VMGRANT_JUDGE_POLICY_CHECK_ACL_H

#include "wire/refusal.h"

/*
 * file  the policy to check, NULL: the installed one. A file named by hand may
 *       be a draft that belongs to anybody: it is checked for its text, and
 *       what the helper would refuse about the file itself is a warning.
 *
 * Prints what it found to standard output. Returns REPLY_GRANTED or, with *why
 * filled, REPLY_POLICY.
 */
enum reply_code check_acl(const char *file, struct refusal *why);

#endif
