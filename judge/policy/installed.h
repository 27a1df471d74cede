/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The installed policy, read with the rights that each file needs.
 */
#ifndef VMGRANT_JUDGE_POLICY_INSTALLED_H
#define VMGRANT_JUDGE_POLICY_INSTALLED_H

#include "judge/orders.h"
#include "judge/policy/load.h"
#include "wire/refusal.h"

/*
 * The administrator's files are read with this process's own rights, which are the service
 * account's; imported qemu files are opened by the helper with the caller's uid and
 * groups, so that their modes decide for whom they speak.
 *
 * Returns REPLY_GRANTED or REPLY_POLICY. The policy lives until the process ends.
 */
enum reply_code policy_read(struct policy *policy, struct orders *orders, struct refusal *why);

/*
 * Whether all files of the policy are still the ones that were read, and those
 * that were not there still are not. 1 or 0.
 */
int policy_is_current(const struct policy *policy);

#endif
