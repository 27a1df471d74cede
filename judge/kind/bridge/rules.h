/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What a rule's options allow and demand of a TAP. Pure.
 */
#ifndef VMGRANT_JUDGE_KIND_BRIDGE_RULES_H
#define VMGRANT_JUDGE_KIND_BRIDGE_RULES_H

#include "judge/policy/acl.h"
#include "judge/request.h"
#include "wire/refusal/refusal.h"

/*
 * Can this program give what the rule demands at all? A protection that it cannot
 * give is a refusal, never a port without it.
 */
enum reply_code tap_rules_check_rule(const struct request *request,
				     const struct acl_options *options, struct refusal *why);

/*
 * May the request have what it asks for? More than the rule gives is a refusal,
 * and never silently less: the guest would be set up for what it does not get.
 */
enum reply_code tap_rules_check_request(const struct request *request,
					const struct acl_options *options, struct refusal *why);

#endif
