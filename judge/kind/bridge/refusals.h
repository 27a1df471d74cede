/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Why a TAP could not be made: sentences for the person. */
#ifndef VMGRANT_JUDGE_KIND_BRIDGE_REFUSALS_H
#define VMGRANT_JUDGE_KIND_BRIDGE_REFUSALS_H

#include "judge/kind/bridge/links.h"
#include "judge/kind/kind.h"

/* The bridge could not be looked up. error is a negative errno, explanation the kernel's own. */
enum reply_code refuse_look(const struct matter *matter, int error, const char *explanation,
			    struct refusal *why);

/* The rule demands a VLAN that the bridge cannot give. */
enum reply_code refuse_vlan(const struct matter *matter, enum links_vlans vlans,
			    struct refusal *why);

/* The quota is used up, or all slots are. */
enum reply_code refuse_full(const struct matter *matter, struct refusal *why);

/* The port could not be made, by where (answer->step) and why. */
enum reply_code refuse_port(const struct matter *matter, const struct answer *answer, int error,
			    struct refusal *why);

#endif
