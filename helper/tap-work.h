/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The work on one TAP, and the sentences for what can go wrong with it: what tap.c
 * and tap-refusals.c share.
 */
#ifndef VMGRANT_HELPER_TAP_WORK_H
#define VMGRANT_HELPER_TAP_WORK_H

#include "helper/authorise.h"
#include "helper/direct.h"
#include "helper/netlink.h"
#include "helper/port-wish.h"
#include "helper/refusal.h"
#include "helper/sealed.h"

struct tap_work {
	const struct grant *grant;
	struct netlink *netlink; /* NULL: not open yet */
	struct bridge bridge;
	struct port_wish wish;
	struct netns namespace; /* of a sealed port */
	char alias[128];
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
