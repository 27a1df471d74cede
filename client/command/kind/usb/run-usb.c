/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* USB devices for the program that vmgrant run starts. */
#include <errno.h>
#include <string.h>

#include "client/command/common/command.h"
#include "client/command/kind/usb/ask-usb.h"
#include "client/command/kind/usb/run-follow.h"
#include "client/command/kind/usb/usb-present.h"
#include "client/command/kind/usb/usb.h"
#include "client/text/message.h"

static int add(void *things, const char *text)
{
	struct usb_devices *devices = things;
	char why[256];

	if (devices->count == LAUNCH_USB_MAX)
		return command_fail(VMGRANT_USAGE, _("--usb %.64s: more than %d devices"), text,
				    LAUNCH_USB_MAX);
	if (usb_option_parse(text, &devices->items[devices->count].option, why, sizeof why) < 0)
		return command_fail(VMGRANT_USAGE, "--usb: %s", why);
	devices->count++;
	return VMGRANT_GRANTED;
}

/* ---- asking ---- */

/* What may be missing is missing: the guest starts without it. */
static int miss_usb(struct usb_device *device)
{
	device->usb.fd = -1;
	return command_fail(VMGRANT_GRANTED,
			    device->option.follow ? _("usb %.256s: waiting for it to be plugged in")
						  : _("usb %.256s: the guest starts without it"),
			    device->option.text);
}

static int miss_unplugged(struct usb_device *device)
{
	device->usb.fd = -1;
	return command_fail(
		VMGRANT_GRANTED,
		device->option.follow
			? _("usb %.256s: not plugged in: waiting for it to be plugged in")
			: _("usb %.256s: not plugged in: the guest starts without it"),
		device->option.text);
}

static int ask_one(struct usb_device *device, struct vmgrant_connection *connection,
		   unsigned flags, int *example_fd)
{
	int may_miss = device->option.optional || device->option.follow, code;

	if (may_miss && !usb_present("", &device->option))
		return miss_unplugged(device);
	code = ask_usb(connection, &device->option, flags, &device->usb);
	/* Why it cannot be had has been said. */
	if (code == VMGRANT_OBJECT && may_miss)
		return miss_usb(device);
	if (code != VMGRANT_GRANTED)
		return code;
	if ((flags & VMGRANT_DEVICE_QUERY) != 0)
		device->usb.fd = (*example_fd)++;
	return VMGRANT_GRANTED;
}

static int ask(void *things, struct run *run, struct vmgrant_connection *connection)
{
	struct usb_devices *devices = things;
	int code = VMGRANT_GRANTED;

	for (size_t i = 0; code == VMGRANT_GRANTED && i < devices->count; i++)
		code = ask_one(&devices->items[i], connection, run_device_flags(run),
			       &run->example_fd);
	return code;
}

/* ---- the program ---- */

static int launch(void *things, struct run *run)
{
	struct usb_devices *devices = things;

	launch_add_usb(devices->items, devices->count, run->arguments, &run->qemu, &run->words);
	return run_follow_add(devices, run);
}

static int keep(void *things)
{
	const struct usb_devices *devices = things;

	for (size_t i = 0; i < devices->count; i++) {
		if (devices->items[i].usb.fd >= 0 && run_keep_fd(devices->items[i].usb.fd) < 0)
			return command_fail(VMGRANT_INTERNAL,
					    _("cannot hand over the USB devices: %s"),
					    strerror(errno));
	}
	return VMGRANT_GRANTED;
}

static int serve(void *things, struct run *run)
{
	return run_follow_start(things, run);
}

const struct run_kind run_usb = {
	.size = sizeof(struct usb_devices),
	.add = add,
	.misfit = launch_usb_misfit,
	.ask = ask,
	.launch = launch,
	.keep = keep,
	.serve = serve,
};
