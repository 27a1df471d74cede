/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A USB device for a QEMU that runs already. */
#include <string.h>

#include "client/command/attach/qmp-command.h"
#include "client/command/common/command.h"
#include "client/command/kind/usb/ask-usb.h"
#include "client/command/kind/usb/follow.h"
#include "client/command/kind/usb/usb-present.h"
#include "client/command/kind/usb/usb.h"
#include "client/text/message.h"

static int take(void *thing, const char *text)
{
	struct usb_option *option = &((struct attached_usb *)thing)->option;
	char why[256];

	if (usb_option_parse(text, option, why, sizeof why) < 0)
		return command_fail(VMGRANT_USAGE, "--usb: %s", why);
	if (option->optional)
		return command_fail(VMGRANT_USAGE, _("--usb %.64s: optional is for vmgrant run"),
				    text);
	return VMGRANT_GRANTED;
}

static int check(void *thing, struct attach *attach)
{
	attach->follows |= ((const struct attached_usb *)thing)->option.follow;
	return VMGRANT_GRANTED;
}

static int ask(void *thing, struct attach *attach, struct vmgrant_connection *connection)
{
	struct attached_usb *attached = thing;

	return ask_usb(connection, &attached->option,
		       prompt_flag(attach->prompt, VMGRANT_DEVICE_INTERACTIVE), &attached->usb);
}

static int is_present(const void *thing)
{
	return usb_present("", &((const struct attached_usb *)thing)->option);
}

static enum qmp_result plug(void *thing, struct attach *attach)
{
	struct attached_usb *attached = thing;

	attached->plugged = (struct qmp_usb){ .fd = attached->usb.fd };
	memcpy(attached->plugged.id, attach->id, sizeof attach->id);
	return qmp_usb_plug(&attach->qmp, &attached->plugged);
}

static enum qmp_result undo(void *thing, struct attach *attach)
{
	return qmp_usb_undo(&attach->qmp, &((struct attached_usb *)thing)->plugged);
}

static const char *name(const void *thing)
{
	return ((const struct attached_usb *)thing)->usb.node;
}

static void release(void *thing)
{
	struct attached_usb *attached = thing;

	if (attached->usb.size != 0)
		vmgrant_usb_close(&attached->usb);
}

const struct attach_kind attach_usb = {
	.size = sizeof(struct attached_usb),
	.take = take,
	.check = check,
	.ask = ask,
	.plug = plug,
	.undo = undo,
	.name = name,
	.release = release,
	.is_present = is_present,
	.follow = follow,
	.owns = qmp_usb_owns,
	.remove_rest = qmp_usb_remove_sets,
};
