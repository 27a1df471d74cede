/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* May the caller have the USB device that a request names? */
#include "judge/kind/usb/judge.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "judge/acl-verdict.h"
#include "judge/kind/usb/disks.h"
#include "judge/kind/usb/find.h"
#include "judge/sysfs/node.h"
#include "judge/sysfs/sysfs.h"
#include "wire/refusal/escape.h"

/* What is seen of the devices that fit, one after the other. */
struct candidates {
	const struct request *request;
	const struct caller *caller;
	const struct policy *policy;
	struct usb_device *device;    /* the first that is allowed */
	const struct acl_rule *rule;  /* of that one, or else of the last one */
	struct refusal *why;          /* of the last one that is not allowed */
	unsigned seen, allowed, named;
	char names[256]; /* of those allowed, named of them, for the sentence */
};

static void name_candidate(struct candidates *candidates, const struct usb_device *device)
{
	const size_t length = strlen(candidates->names);
	char one[USB_DEVICE_TEXT_SIZE], serial[48];
	int size = snprintf(one, sizeof one, "%sport %s (bus %u device %u%s%s)",
			    length > 0 ? ", " : "", device->port, device->bus, device->device,
			    device->serial[0] != '\0' ? ", serial " : "",
			    escape_string(serial, sizeof serial, device->serial));

	if (candidates->named + 1 < candidates->allowed || size < 0 ||
	    length + (size_t)size >= sizeof candidates->names)
		return;
	memcpy(candidates->names + length, one, (size_t)size + 1);
	candidates->named++;
}

static void judge_candidate(void *context, struct usb_device *device)
{
	struct candidates *candidates = context;
	const struct acl_object object = {
		.kind = ACL_KIND_USB,
		.usb = {
			.vendor = device->facts.vendor,
			.product = device->facts.product,
			.serial = device->serial[0] != '\0' ? device->serial : NULL,
			.port = device->port,
			.classes = device->facts.classes,
			.class_count = device->facts.class_count,
		},
	};
	const struct acl_rule *rule;
	struct refusal why;
	enum reply_code code = judge_object(candidates->request, &object, candidates->caller,
					    candidates->policy, &rule, &why);

	candidates->seen++;
	if (candidates->allowed == 0)
		candidates->rule = rule;
	if (code != REPLY_GRANTED) {
		*candidates->why = why;
		usb_device_release(device);
		return;
	}
	candidates->allowed++;
	name_candidate(candidates, device);
	if (candidates->allowed == 1)
		*candidates->device = *device;
	else
		usb_device_release(device);
}

static enum reply_code refuse_ambiguous(const struct candidates *candidates, struct refusal *why)
{
	char object[REQUEST_TEXT_SIZE], more[32] = "";

	request_describe(candidates->request, object);
	if (candidates->allowed > candidates->named)
		(void)snprintf(more, sizeof more, " and %u more",
			       candidates->allowed - candidates->named);
	return refuse(why, REPLY_OBJECT, "%.120s: %u devices fit: %s%s: name one by its port",
		      object, candidates->allowed, candidates->names, more);
}

static int may_forbid(const struct acl_rule *rule, const struct request_usb *wanted)
{
	const struct acl_usb_selector *usb = &rule->usb;

	return rule->kind == ACL_KIND_USB && rule->effect == ACL_EFFECT_DENY &&
	       (usb->vendor.any || usb->vendor.value == wanted->vendor) &&
	       (usb->product.any || usb->product.value == wanted->product);
}

/*
 * Who may have the device whatever else it is may know that it is not there: a
 * rule gives it by no more than the request says, and none forbids any of its kind.
 */
static enum reply_code refuse_missing(const struct candidates *candidates, struct refusal *why)
{
	const struct request *request = candidates->request;
	const struct request_usb *wanted = &request->usb;
	const struct acl *acl = &candidates->policy->acl;
	const struct acl_object object = {
		.kind = ACL_KIND_USB,
		.usb = {
			.vendor = wanted->vendor,
			.product = wanted->product,
			.serial = wanted->serial[0] != '\0' ? wanted->serial : NULL,
			.port = wanted->port[0] != '\0' ? wanted->port : NULL,
		},
	};
	const struct acl_rule *rule;
	char text[REQUEST_TEXT_SIZE];

	for (size_t i = 0; i < acl->count; i++) {
		if (may_forbid(&acl->rules[i], wanted))
			return judge_deny(request, candidates->caller, why);
	}
	if (!wanted->has_ids || judge_object(request, &object, candidates->caller,
					     candidates->policy, &rule, why) != REPLY_GRANTED)
		return judge_deny(request, candidates->caller, why);
	request_describe(request, text);
	return refuse(why, REPLY_OBJECT,
		      "%s: no such device is plugged in: lsusb shows those that are", text);
}

/* ---- what no rule, or not every rule, can give ---- */

/* What DeviceAllow= in a unit calls block devices of that one's driver: "block-sd". */
static const char *class_of(const char *block)
{
	static const char *const classes[] = { "block-sd", "block-sr", "block-loop" };

	for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
		const char *prefix = classes[i] + strlen("block-");

		if (strncmp(block, prefix, strlen(prefix)) == 0)
			return classes[i];
	}
	return "block-*";
}

enum reply_code usb_judge_disks(const struct usb_places *places, struct orders *orders,
				const struct request *request, const struct usb_device *device,
				struct refusal *why)
{
	char object[REQUEST_TEXT_SIZE], disk[USB_DISK_NAME_SIZE], path[USB_DISK_NAME_SIZE + 5];

	request_describe(request, object);
	switch (usb_disks_look(places, orders, device, disk)) {
	case USB_DISKS_FREE:
	case USB_DISKS_NONE:
		return REPLY_GRANTED;
	case USB_DISKS_IN_USE:
		return refuse(why, REPLY_OBJECT,
			      "%s: this machine uses its disk %s: mounted, swap, or held by another "
			      "layer: unmount it, or stop what uses it",
			      object, disk);
	case USB_DISKS_CLOSED:
		(void)snprintf(path, sizeof path, "/dev/%s", disk);
		return refuse_closed_device(why, REPLY_OBJECT, object, path,
					    class_of(disk));
	case USB_DISKS_UNKNOWN:
	default:
		return refuse(why, REPLY_OBJECT,
			      "%s: cannot tell whether this machine uses its disk %s: try again, or "
			      "ask the administrator",
			      object, disk);
	}
}

static int is_hub(const struct usb_device *device)
{
	return usb_facts_have_class(&device->facts, USB_CLASS_CODE_HUB) ||
	       strchr(device->port, '-') == NULL || usb_has_children(device) != 0;
}

static int needs_its_name(const struct usb_device *device)
{
	return usb_facts_have_class(&device->facts, USB_CLASS_CODE_HID) ||
	       usb_facts_have_class(&device->facts, USB_CLASS_CODE_SMART_CARD);
}

static enum reply_code judge_kind(const struct request *request, const struct usb_device *device,
				  const struct acl_rule *rule, struct refusal *why)
{
	const struct acl_usb_selector *usb = &rule->usb;
	char object[REQUEST_TEXT_SIZE];

	request_describe(request, object);
	if (is_hub(device))
		return refuse(why, REPLY_OBJECT,
			      "%s: it is a hub, which is never handed out: ask for a device behind it",
			      object);
	if (usb_device_is_blocked(device))
		return refuse(why, REPLY_OBJECT,
			      "%s: this machine does not admit the device (authorized in sysfs is 0, "
			      "as USBGuard sets it): ask the administrator",
			      object);
	if (needs_its_name(device) && (usb->vendor.any || usb->product.any))
		return refuse(why, REPLY_DENIED,
			      "%s: a keyboard, mouse or security key is given only by a rule that "
			      "names vendor and product: ask the administrator for a rule with "
			      "usb %04x:%04x",
			      object, device->facts.vendor, device->facts.product);
	return REPLY_GRANTED;
}

static enum reply_code find_node(const struct usb_places *places, const struct request *request,
				 struct usb_device *device, struct refusal *why)
{
	char object[REQUEST_TEXT_SIZE];

	device->node = device_node_find(places->dev, device->path + strlen(USB_DEV_FOLDER), S_IFCHR,
					device->number);
	if (device->node >= 0)
		return REPLY_GRANTED;
	request_describe(request, object);
	return refuse(why, REPLY_OBJECT,
		      "%s: its node %s is not there or is something else: %s: plug it in again",
		      object, device->path, strerror(-device->node));
}

enum reply_code usb_judge(const struct usb_places *places, const struct request *request,
			  const struct caller *caller, const struct policy *policy,
			  struct usb_device *device_out, const struct acl_rule **rule_out,
			  struct refusal *why)
{
	struct candidates candidates = {
		.request = request,
		.caller = caller,
		.policy = policy,
		.device = device_out,
		.why = why,
	};
	enum reply_code code;

	*device_out = (struct usb_device){ .node = -1 };
	usb_find(places, &request->usb, judge_candidate, &candidates);
	*rule_out = candidates.rule;
	if (candidates.seen == 0)
		return refuse_missing(&candidates, why);
	if (candidates.allowed == 0)
		return why->code;
	*why = (struct refusal){ .code = REPLY_GRANTED };
	if (candidates.allowed > 1)
		return refuse_ambiguous(&candidates, why);
	code = judge_kind(request, device_out, *rule_out, why);
	return code == REPLY_GRANTED ? find_node(places, request, device_out, why) : code;
}

/* ---- for polkit ---- */

/* The device's own words; sysfs has none of a device that has none. */
static const char *read_name(const struct usb_device *device, const char *attribute, char *text,
			     size_t size)
{
	return sysfs_read(device->folder, attribute, text, size) > 0 ? text : NULL;
}

void usb_describe(const struct usb_device *device, struct polkit_question *question)
{
	char manufacturer[512], product[512], title[USB_TITLE_SIZE], id[8];

	usb_title(&device->facts, read_name(device, "manufacturer", manufacturer, sizeof manufacturer),
		  read_name(device, "product", product, sizeof product), title);
	polkit_question_add(question, "device", title);
	(void)snprintf(id, sizeof id, "%04x", device->facts.vendor);
	polkit_question_add(question, "vendor", id);
	(void)snprintf(id, sizeof id, "%04x", device->facts.product);
	polkit_question_add(question, "product", id);
	polkit_question_add(question, "serial", device->serial);
	polkit_question_add(question, "port", device->port);
}
