/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a request names: the way to the file that knows its kind. */
#include "judge/object.h"

#include <stdio.h>

#include "judge/acl-verdict.h"
#include "judge/kind/usb/find.h"
#include "judge/kind/usb/judge.h"

enum reply_code object_find(const struct request *request, struct object *object,
			    struct refusal *why)
{
	object->kind = request->kind;
	if (object->kind == REQUEST_USB)
		usb_places_open(&object->usb_places);
	if (object->kind == REQUEST_VFIO)
		return vfio_object_find(request, &object->vfio, why);
	return REPLY_GRANTED;
}

void object_release(struct object *object)
{
	if (object->kind == REQUEST_VFIO)
		vfio_object_release(&object->vfio);
	if (object->kind != REQUEST_USB)
		return;
	usb_device_release(&object->usb);
	usb_places_close(&object->usb_places);
}

enum reply_code object_judge(struct object *object, const struct request *request,
			     const struct caller *caller, const struct policy *policy,
			     const struct acl_rule **rule_out, struct refusal *why)
{
	const struct acl_object bridge = { .kind = ACL_KIND_BRIDGE, .bridge = request->bridge };

	*rule_out = NULL;
	if (object->kind == REQUEST_USB)
		return usb_judge(&object->usb_places, request, caller, policy, &object->usb, rule_out,
				 why);
	if (object->kind == REQUEST_VFIO)
		return vfio_object_judge(&object->vfio, request, caller, policy, rule_out, why);
	if (object->kind != REQUEST_TAP)
		return judge_deny(request, caller, why);
	return judge_object(request, &bridge, caller, policy, rule_out, why);
}

struct acl_options object_options(const struct object *object, const struct acl_rule *rule)
{
	struct acl_options options = rule->options;

	if (object->kind == REQUEST_VFIO && !object->vfio.polkit_skip)
		options.polkit_skip = 0;
	return options;
}

void object_describe(const struct object *object, const struct request *request,
		     struct polkit_question *question)
{
	char queues[16];

	if (object->kind == REQUEST_USB)
		usb_describe(&object->usb, question);
	if (object->kind == REQUEST_VFIO)
		vfio_object_describe(&object->vfio, request, question);
	if (object->kind != REQUEST_TAP)
		return;
	(void)snprintf(queues, sizeof queues, "%u", request->queues);
	polkit_question_add(question, "bridge", request->bridge);
	polkit_question_add(question, "queues", queues);
}

void object_name(const struct object *object, char text[OBJECT_NAME_SIZE])
{
	text[0] = '\0';
	if (object->kind == REQUEST_USB && object->usb.descriptors != NULL)
		usb_device_describe(&object->usb, text);
	if (object->kind == REQUEST_VFIO && object->vfio.held.held_count > 0)
		vfio_object_name(&object->vfio, text, OBJECT_NAME_SIZE);
}
