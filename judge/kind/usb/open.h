/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Performs a granted request for a USB device: opens its node.
 */
#ifndef VMGRANT_JUDGE_KIND_USB_OPEN_H
#define VMGRANT_JUDGE_KIND_USB_OPEN_H

#include "judge/authorise.h"
#include "judge/nodes.h"
#include "wire/refusal.h"

/*
 * Open the node that was found when the request was judged, and prove that it
 * leads to the device that was authorised. A query opens nothing.
 *
 * nodes_out  to be closed in all cases
 */
enum reply_code usb_open(const struct grant *grant, struct nodes *nodes_out, struct refusal *why);

#endif
