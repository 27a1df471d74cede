/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* USB and PCI devices for the program that vmgrant run starts. */
#include "client/command/run/run-device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/ask-device.h"
#include "client/command/common/command.h"
#include "client/command/common/usb-present.h"
#include "client/command/run/open-broker.h"

#define CONTAINER "/dev/vfio/vfio"
#define YAMA "/proc/sys/kernel/yama/ptrace_scope"

/* ---- arguments ---- */

int run_devices_add_usb(struct run_devices *devices, const char *text)
{
	char why[256];

	if (devices->usb_count == LAUNCH_USB_MAX)
		return command_fail(VMGRANT_USAGE, "--usb %.64s: more than %d devices", text,
				    LAUNCH_USB_MAX);
	if (usb_option_parse(text, &devices->usb[devices->usb_count].option, why, sizeof why) < 0)
		return command_fail(VMGRANT_USAGE, "--usb: %s", why);
	devices->usb_count++;
	return VMGRANT_GRANTED;
}

int run_devices_add_vfio(struct run_devices *devices, const char *text)
{
	struct vfio_device *device = &devices->vfio[devices->vfio_count];
	char why[256];

	if (devices->vfio_count == RUN_VFIO_MAX)
		return command_fail(VMGRANT_USAGE, "--vfio %.64s: more than %d devices", text,
				    RUN_VFIO_MAX);
	if (vfio_option_parse(text, &device->option, why, sizeof why) < 0)
		return command_fail(VMGRANT_USAGE, "--vfio: %s", why);
	for (size_t i = 0; i < devices->vfio_count; i++) {
		if (strcmp(devices->vfio[i].option.address, device->option.address) == 0)
			return command_fail(VMGRANT_USAGE, "--vfio %s: given twice",
					    device->option.address);
	}
	devices->vfio_count++;
	return VMGRANT_GRANTED;
}

/* ---- asking ---- */

/* What may be missing is missing: the guest starts without it. */
static int miss_usb(struct usb_device *device, const char *why)
{
	device->usb.fd = -1;
	return command_fail(VMGRANT_GRANTED, "usb %.256s: %s%s", device->option.text, why,
			    device->option.follow ? "waiting for it to be plugged in"
						  : "the guest starts without it");
}

static int ask_usb(struct usb_device *device, struct vmgrant_connection *connection,
		   unsigned flags, int *example_fd)
{
	int may_miss = device->option.optional || device->option.follow, code;

	if (may_miss && !usb_present("", &device->option))
		return miss_usb(device, "not plugged in: ");
	code = ask_device_usb(connection, &device->option, flags, &device->usb);
	/* Why it cannot be had has been said. */
	if (code == VMGRANT_OBJECT && may_miss)
		return miss_usb(device, "");
	if (code != VMGRANT_GRANTED)
		return code;
	if ((flags & VMGRANT_DEVICE_QUERY) != 0)
		device->usb.fd = (*example_fd)++;
	return VMGRANT_GRANTED;
}

/* The node of the device's group, to be freed, or NULL. */
static char *group_node(const char *address)
{
	char *path = text_format("/sys/bus/pci/devices/%s/iommu_group", address);
	char *target = realpath(path, NULL);
	const char *slash = target == NULL ? NULL : strrchr(target, '/');
	char *node = slash == NULL ? NULL : text_format("/dev/vfio%s", slash);

	free(target);
	free(path);
	return node;
}

/*
 * Has this device come with the group of one before? A group can be opened once only,
 * and whoever has it has all of it.
 */
static int has_come_already(const struct run_devices *devices, size_t index)
{
	char *node = group_node(devices->vfio[index].option.address);
	int found = 0;

	for (size_t i = 0; node != NULL && i < index; i++) {
		const struct vmgrant_vfio *vfio = &devices->vfio[i].vfio;

		found |= (vfio->flags & VMGRANT_NODE_IOMMUFD) == 0 &&
			 strcmp(vfio->node, node) == 0;
	}
	free(node);
	return found;
}

static int ask_vfio(struct run_devices *devices, size_t index,
		    struct vmgrant_connection *connection, unsigned flags, int *example_fd)
{
	struct vfio_device *device = &devices->vfio[index];
	int code;

	device->vfio = (struct vmgrant_vfio){ .size = sizeof device->vfio, .device_fd = -1,
					      .iommu_fd = -1 };
	if (has_come_already(devices, index))
		return VMGRANT_GRANTED;
	code = ask_device_vfio(connection, &device->option, flags, &device->vfio);
	if (code != VMGRANT_GRANTED)
		return code;
	if ((flags & VMGRANT_DEVICE_QUERY) != 0 &&
	    (device->vfio.flags & VMGRANT_NODE_IOMMUFD) != 0) {
		device->vfio.device_fd = (*example_fd)++;
		device->vfio.iommu_fd = (*example_fd)++;
	}
	return VMGRANT_GRANTED;
}

int run_devices_ask(struct run_devices *devices, struct vmgrant_connection *connection,
		    unsigned flags, int *example_fd)
{
	int code = VMGRANT_GRANTED;

	for (size_t i = 0; code == VMGRANT_GRANTED && i < devices->usb_count; i++)
		code = ask_usb(&devices->usb[i], connection, flags, example_fd);
	for (size_t i = 0; code == VMGRANT_GRANTED && i < devices->vfio_count; i++)
		code = ask_vfio(devices, i, connection, flags, example_fd);
	return code;
}

/* ---- handing over ---- */

static int keep_through_exec(const struct run_devices *devices)
{
	int failed = 0;

	for (size_t i = 0; i < devices->usb_count; i++) {
		if (devices->usb[i].usb.fd >= 0)
			failed |= fcntl(devices->usb[i].usb.fd, F_SETFD, 0);
	}
	for (size_t i = 0; i < devices->vfio_count; i++) {
		const struct vmgrant_vfio *vfio = &devices->vfio[i].vfio;

		/* The others are the supervisor's to give. */
		if ((vfio->flags & VMGRANT_NODE_IOMMUFD) == 0)
			continue;
		failed |= fcntl(vfio->device_fd, F_SETFD, 0);
		failed |= fcntl(vfio->iommu_fd, F_SETFD, 0);
	}
	return failed;
}

/* Under Yama the supervisor may read the process that asked for it, not one that it forks. */
static int check_daemonize(char *const arguments[])
{
	FILE *file;
	int scope = '0';

	while (*arguments != NULL && strcmp(*arguments, "-daemonize") != 0 &&
	       strcmp(*arguments, "--daemonize") != 0)
		arguments++;
	if (*arguments == NULL)
		return VMGRANT_GRANTED;
	file = fopen(YAMA, "re");
	if (file != NULL) {
		scope = fgetc(file);
		(void)fclose(file);
	}
	return scope == '0' ? VMGRANT_GRANTED
			    : command_fail(VMGRANT_UNSUPPORTED,
					   "--vfio: QEMU's opens cannot be answered behind "
					   "-daemonize: " YAMA " is not 0: start QEMU by "
					   "systemd-run --user, without -daemonize");
}

static int start_broker(const struct run_devices *devices, char *const arguments[])
{
	struct open_broker_file files[2 * RUN_VFIO_MAX];
	size_t count = 0;
	const char *what;
	int error;

	for (size_t i = 0; i < devices->vfio_count; i++) {
		const struct vmgrant_vfio *vfio = &devices->vfio[i].vfio;

		if ((vfio->flags & VMGRANT_NODE_IOMMUFD) != 0 || vfio->device_fd < 0)
			continue;
		files[count++] = (struct open_broker_file){ vfio->node, vfio->device_fd,
							    OPEN_BROKER_ALWAYS };
		/* Each open of this one makes a container of its own. */
		files[count++] = (struct open_broker_file){ CONTAINER, vfio->iommu_fd,
							    OPEN_BROKER_ONCE };
	}
	if (count == 0)
		return VMGRANT_GRANTED;
	if (check_daemonize(arguments) != VMGRANT_GRANTED)
		return VMGRANT_UNSUPPORTED;
	error = open_broker_start(files, count, &what);
	if (error == -EPERM || error == -EACCES)
		return command_fail(VMGRANT_UNSUPPORTED, "--vfio: %s: %s: " YAMA " must be 0 or 1",
				    what, strerror(-error));
	return error == 0 ? VMGRANT_GRANTED
			  : command_fail(VMGRANT_INTERNAL, "--vfio: %s: %s", what,
					 strerror(-error));
}

int run_devices_hand_over(const struct run_devices *devices, char *const arguments[])
{
	if (keep_through_exec(devices) != 0)
		return command_fail(VMGRANT_INTERNAL, "cannot hand over the devices: %s",
				    strerror(errno));
	return start_broker(devices, arguments);
}
