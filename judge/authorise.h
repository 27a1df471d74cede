/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * From a request to a yes: the ACL, then polkit.
 */
#ifndef VMGRANT_JUDGE_AUTHORISE_H
#define VMGRANT_JUDGE_AUTHORISE_H

#include "judge/kind/kind.h"
#include "wire/refusal/refusal.h"

/*
 * Judge a request, and what its kind found for it, by the policy and, unless the deciding
 * rule says polkit=no, by polkit. A query is judged by the policy alone.
 *
 * matter  its rule is set, also by a refusal: for the record
 */
enum reply_code authorise(const struct kind *kind, struct matter *matter, struct refusal *why);

#endif
