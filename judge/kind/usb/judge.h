/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * May the caller have the USB device that a request names?
 *
 * Every device that fits the request is judged by the ACL; one alone has to be
 * allowed. Who may have none of them hears the same as if there were none.
 */
#ifndef VMGRANT_JUDGE_KIND_USB_JUDGE_H
#define VMGRANT_JUDGE_KIND_USB_JUDGE_H

#include "judge/ask-polkit.h"
#include "judge/caller.h"
#include "judge/kind/usb/device.h"
#include "judge/orders.h"
#include "judge/policy/load.h"
#include "judge/request.h"
#include "wire/refusal/refusal.h"

/*
 * Find the device, judge it, and find its node, without opening it. Refused although
 * a rule allows it: several devices, hubs, devices that the administrator has
 * blocked, and input devices and
 * security keys unless the rule names vendor and product.
 *
 * device_out  to be released in all cases
 * rule_out    the rule that decided, NULL where none did
 */
enum reply_code usb_judge(const struct usb_places *places, const struct request *request,
			  const struct caller *caller, const struct policy *policy,
			  struct usb_device *device_out, const struct acl_rule **rule_out,
			  struct refusal *why);

/* That no disk of it is in use. Asked for a grant only: it claims the disks for a moment. */
enum reply_code usb_judge_disks(const struct usb_places *places, struct orders *orders,
				const struct request *request, const struct usb_device *device,
				struct refusal *why);

/* Tell polkit device, vendor, product, serial and port. */
void usb_describe(const struct usb_device *device, struct polkit_question *question);

#endif
