/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Perform a granted request for a TAP on a bridge.
 */
#ifndef VMGRANT_HELPER_TAP_H
#define VMGRANT_HELPER_TAP_H

#include "helper/authorise.h"
#include "helper/refusal.h"

/*
 * Make the TAP, make it a port of the bridge, bring it up.
 *
 * tap_fd_out  the TAP, not persistent: closing the last duplicate removes the
 *             interface and the port. The caller owns it. On a refusal nothing
 *             is left behind.
 *
 * Needs PRIVILEGE_NET_ADMIN and PRIVILEGE_OPEN permitted; raises each around
 * the call that needs it.
 */
enum reply_code tap_make(const struct grant *grant, int *tap_fd_out, struct refusal *why);

#endif
