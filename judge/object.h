/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a request names, as it stands on this machine: found before anybody judges
 * it, judged by the ACL, described to polkit.
 *
 * A bridge is judged by its name alone and looked up when the port is made. A
 * PCI device is found first, since rules are about what it is; which of the USB
 * devices that fit is meant is known when they have been judged. Finding needs no
 * privilege and opens nothing that has an effect.
 */
#ifndef VMGRANT_JUDGE_OBJECT_H
#define VMGRANT_JUDGE_OBJECT_H

#include "judge/ask-polkit.h"
#include "judge/caller.h"
#include "judge/policy/load.h"
#include "wire/refusal.h"
#include "judge/request.h"
#include "judge/kind/usb/device.h"
#include "judge/kind/vfio/object.h"

#define OBJECT_NAME_SIZE USB_DEVICE_TEXT_SIZE

struct object {
	enum request_kind kind;

	/* REQUEST_USB: which one is known when the request has been judged. */
	struct usb_places usb_places;
	struct usb_device usb;

	/* REQUEST_VFIO */
	struct vfio_object vfio;
};

/*
 * Look for it. That nothing was found is no refusal here: the ACL has to say no
 * in the same words to who may not have it. Release in all cases.
 */
enum reply_code object_find(const struct request *request, struct object *object,
			    struct refusal *why);

void object_release(struct object *object);

/*
 * May the caller have it by the ACL? What is ambiguous, not there, or nobody's to
 * give is refused here, too, once the caller may know about it.
 *
 * rule_out  the rule that decided, NULL where none did; its options hold
 */
enum reply_code object_judge(struct object *object, const struct request *request,
			     const struct caller *caller, const struct policy *policy,
			     const struct acl_rule **rule_out, struct refusal *why);

/*
 * What rule gives for it. Where rules for other devices were needed as well, polkit
 * is left out only if all of them say so.
 */
struct acl_options object_options(const struct object *object, const struct acl_rule *rule);

/* Add what polkit's rules and dialogs are told about it. */
void object_describe(const struct object *object, const struct request *request,
		     struct polkit_question *question);

/*
 * The concrete device for the record, "0951:1666 port 1-1.4 serial 00123", in
 * printable ASCII; "" where the request says it all, or where none was chosen.
 */
void object_name(const struct object *object, char text[OBJECT_NAME_SIZE]);

#endif
