/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The work on one TAP, and the sentences for what can go wrong with it: what tap.c
 * and tap-refusals.c share.
 */
#ifndef VMGRANT_JUDGE_KIND_BRIDGE_WORK_H
#define VMGRANT_JUDGE_KIND_BRIDGE_WORK_H

#include "judge/authorise.h"
#include "helper/port/direct.h"
#include "helper/port/netlink.h"
#include "helper/port/port-alias.h"
#include "helper/port/port-spec.h"
#include "wire/refusal.h"
#include "helper/port/sealed.h"

struct tap_work {
	const struct grant *grant;
	struct netlink *netlink; /* NULL: not open yet */
	struct bridge bridge;
	struct port_spec spec;
	struct netns namespace; /* of a sealed port */
	char alias[PORT_ALIAS_SIZE];
};

const char *tap_bridge_name(const struct tap_work *work);

/* A step that failed for a reason of the machine's. error is a negative errno. */
enum reply_code tap_refuse_step(const struct tap_work *work, const char *step, int error,
				struct refusal *why);

/* A port that could not be made, by where and why. */
enum reply_code tap_refuse_direct(const struct tap_work *work, enum direct_step step, int error,
				  struct refusal *why);
enum reply_code tap_refuse_sealed(const struct tap_work *work, enum sealed_step step, int error,
				  struct refusal *why);

/* The rule demands a VLAN that the bridge cannot give. */
enum reply_code tap_refuse_vlan(const struct tap_work *work, struct refusal *why);

#endif
