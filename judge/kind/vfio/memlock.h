/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Locked memory for a guest with a PCI device: what the rule gives, and the order. */
#ifndef VMGRANT_JUDGE_KIND_VFIO_MEMLOCK_H
#define VMGRANT_JUDGE_KIND_VFIO_MEMLOCK_H

#include "judge/kind/kind.h"

/* Does the rule give as much as is asked for? */
enum reply_code memlock_check(const struct request *request, const struct acl_options *options,
			      struct refusal *why);

/* Have the requester's limit raised, as the last step before the hand-over. */
enum reply_code memlock_order(const struct matter *matter, struct handover *handover,
			      struct refusal *why);

#endif
