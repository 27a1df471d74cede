/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The installed policy, read with the rights that each file needs.
 */
#ifndef VMGRANT_JUDGE_POLICY_INSTALLED_H
#define VMGRANT_JUDGE_POLICY_INSTALLED_H

#include "judge/orders.h"
#include "judge/policy/load.h"
#include "wire/refusal/refusal.h"

/*
 * Imported files that the account cannot look at again, since only the caller may enter
 * their folders: the helper opens them anew, as the caller. With too many of them no
 * policy is current for a second request.
 */
#define POLICY_HIDDEN_MAX 16
struct policy_hidden {
	size_t count; /* POLICY_HIDDEN_MAX + 1: too many */
	struct {
		const char *path; /* lives as long as the policy */
		struct stat status;
	} items[POLICY_HIDDEN_MAX];
};

/*
 * The administrator's files are read with this process's own rights, which are the service
 * account's; imported qemu files are opened by the helper with the caller's uid and
 * groups, so that their modes decide for whom they speak.
 *
 * Returns REPLY_GRANTED or REPLY_POLICY. The policy lives until the process ends.
 */
enum reply_code policy_read(struct policy *policy, struct policy_hidden *hidden,
			    struct orders *orders, struct refusal *why);

/*
 * Whether all files of the policy are still the ones that were read, and those
 * that were not there still are not. 1 or 0.
 */
int policy_is_current(const struct policy *policy, const struct policy_hidden *hidden,
		      struct orders *orders);

#endif
