/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Read the installed policy in phase 1, with the rights that each file needs.
 */
#ifndef VMGRANT_JUDGE_POLICY_INSTALLED_H
#define VMGRANT_JUDGE_POLICY_INSTALLED_H

#include "judge/caller.h"
#include "judge/policy/load.h"
#include "helper/privileges.h"
#include "wire/refusal.h"

/*
 * The administrator's files are opened with CAP_DAC_OVERRIDE around each open,
 * so that they may be closed to users; imported qemu files are opened with the
 * caller's uid and groups, so that their modes decide for whom they speak.
 *
 * Returns REPLY_GRANTED or REPLY_POLICY. The policy lives until the process ends.
 */
enum reply_code policy_read(struct policy *policy, const struct caller *caller,
			    const struct account *account, struct refusal *why);

/*
 * Whether all files of the policy are still the ones that were read, and those
 * that were not there still are not. Raises PRIVILEGE_OPEN, so that it sees
 * closed folders. 1 or 0.
 */
int policy_is_current(const struct policy *policy);

#endif
