/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * May the caller have a PCI device? What is handed over is its whole IOMMU group.
 *
 * A device of a group can reach the memory of the others behind the back of the
 * IOMMU, and who holds the group may open each of them: so each member has to be
 * allowed to the caller, and none may be in the host's own use.
 */
#ifndef VMGRANT_JUDGE_KIND_VFIO_JUDGE_H
#define VMGRANT_JUDGE_KIND_VFIO_JUDGE_H

#include "judge/caller.h"
#include "judge/kind/vfio/find.h"
#include "judge/policy/load.h"
#include "judge/request.h"
#include "wire/refusal/refusal.h"

/*
 * Judge what vfio_find() returned and filled. A device that is not there is refused
 * in the same words as one that is not allowed, unless the caller could have any
 * device at that address. About the group, whoever may have the device itself is told
 * what is in the way.
 *
 * rule_out         the rule for the device that was asked for; its options hold
 * polkit_skip_out  1: the rules of all members say that polkit need not be asked
 */
enum reply_code vfio_judge(const struct vfio_finding *finding, int find_result,
			   const struct request *request, const struct caller *caller,
			   const struct policy *policy, const struct acl_rule **rule_out,
			   int *polkit_skip_out, struct refusal *why);

#endif
