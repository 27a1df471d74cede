/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* PCI devices for the program that vmgrant run starts. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/common/command.h"
#include "client/command/kind/vfio/ask-vfio.h"
#include "client/command/kind/vfio/launch-vfio.h"
#include "client/command/kind/vfio/open-broker.h"
#include "client/command/kind/vfio/vfio.h"
#include "client/text/message.h"

#define VFIO_MAX 16
#define CONTAINER "/dev/vfio/vfio"
#define YAMA "/proc/sys/kernel/yama/ptrace_scope"

struct vfio_devices {
	size_t count;
	struct vfio_device items[VFIO_MAX];
};

static int add(void *things, const char *text)
{
	struct vfio_devices *devices = things;
	struct vfio_device *device = &devices->items[devices->count];
	char why[256];

	if (devices->count == VFIO_MAX)
		return command_fail(VMGRANT_USAGE, _("--vfio %.64s: more than %d devices"), text,
				    VFIO_MAX);
	if (vfio_option_parse(text, &device->option, why, sizeof why) < 0)
		return command_fail(VMGRANT_USAGE, "--vfio: %s", why);
	for (size_t i = 0; i < devices->count; i++) {
		if (strcmp(devices->items[i].option.address, device->option.address) == 0)
			return command_fail(VMGRANT_USAGE, _("--vfio %s: given twice"),
					    device->option.address);
	}
	devices->count++;
	return VMGRANT_GRANTED;
}

/* ---- asking ---- */

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
static int has_come_already(const struct vfio_devices *devices, size_t index)
{
	char *node = group_node(devices->items[index].option.address);
	int found = 0;

	for (size_t i = 0; node != NULL && i < index; i++) {
		const struct vmgrant_vfio *vfio = &devices->items[i].vfio;

		found |= (vfio->flags & VMGRANT_NODE_IOMMUFD) == 0 &&
			 strcmp(vfio->node, node) == 0;
	}
	free(node);
	return found;
}

static int ask_one(struct vfio_devices *devices, size_t index,
		   struct vmgrant_connection *connection, unsigned flags, int *example_fd)
{
	struct vfio_device *device = &devices->items[index];
	int code;

	device->vfio = (struct vmgrant_vfio){ .size = sizeof device->vfio, .device_fd = -1,
					      .iommu_fd = -1 };
	if (has_come_already(devices, index))
		return VMGRANT_GRANTED;
	code = ask_vfio(connection, &device->option, flags, &device->vfio);
	if (code != VMGRANT_GRANTED)
		return code;
	if ((flags & VMGRANT_DEVICE_QUERY) != 0 &&
	    (device->vfio.flags & VMGRANT_NODE_IOMMUFD) != 0) {
		device->vfio.device_fd = (*example_fd)++;
		device->vfio.iommu_fd = (*example_fd)++;
	}
	return VMGRANT_GRANTED;
}

static int ask(void *things, struct run *run, struct vmgrant_connection *connection)
{
	struct vfio_devices *devices = things;
	int code = VMGRANT_GRANTED;

	for (size_t i = 0; code == VMGRANT_GRANTED && i < devices->count; i++)
		code = ask_one(devices, i, connection, run_device_flags(run), &run->example_fd);
	return code;
}

/* ---- the program ---- */

static int launch(void *things, struct run *run)
{
	const struct vfio_devices *devices = things;

	launch_add_vfio(devices->items, devices->count, run->arguments, &run->qemu, &run->words);
	return VMGRANT_GRANTED;
}

static int keep(void *things)
{
	const struct vfio_devices *devices = things;

	for (size_t i = 0; i < devices->count; i++) {
		const struct vmgrant_vfio *vfio = &devices->items[i].vfio;

		/* The others are the supervisor's to give. */
		if ((vfio->flags & VMGRANT_NODE_IOMMUFD) != 0 &&
		    (run_keep_fd(vfio->device_fd) < 0 || run_keep_fd(vfio->iommu_fd) < 0))
			return command_fail(VMGRANT_INTERNAL,
					    _("cannot hand over the PCI devices: %s"),
					    strerror(errno));
	}
	return VMGRANT_GRANTED;
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
	return scope == '0'
		       ? VMGRANT_GRANTED
		       : command_fail(
				 VMGRANT_UNSUPPORTED,
				 _("--vfio: QEMU's opens cannot be answered behind -daemonize: %s is not 0: start QEMU by systemd-run --user, without -daemonize"),
				 YAMA);
}

static size_t list_files(const struct vfio_devices *devices, struct open_broker_file *files)
{
	size_t count = 0;

	for (size_t i = 0; i < devices->count; i++) {
		const struct vmgrant_vfio *vfio = &devices->items[i].vfio;

		if ((vfio->flags & VMGRANT_NODE_IOMMUFD) != 0 || vfio->device_fd < 0)
			continue;
		files[count++] = (struct open_broker_file){ vfio->node, vfio->device_fd,
							    OPEN_BROKER_ALWAYS };
		/* Each open of this one makes a container of its own. */
		files[count++] = (struct open_broker_file){ CONTAINER, vfio->iommu_fd,
							    OPEN_BROKER_ONCE };
	}
	return count;
}

static int say_broker(int error, const char *what)
{
	if (error == -EPERM || error == -EACCES)
		return command_fail(VMGRANT_UNSUPPORTED, _("--vfio: %s: %s: %s must be 0 or 1"),
				    what, strerror(-error), YAMA);
	return error == 0 ? VMGRANT_GRANTED
			  : command_fail(VMGRANT_INTERNAL, _("--vfio: %s: %s"), what,
					 strerror(-error));
}

/* The confined program, where newuidmap has done its work: with the filter it could do none. */
static int join_broker(int fd)
{
	const char *what;
	int error = open_broker_join(fd, &what);

	return say_broker(error, what) == VMGRANT_GRANTED ? 0 : -1;
}

static int start_broker(const struct vfio_devices *devices, struct run *run)
{
	struct open_broker_file files[2 * VFIO_MAX];
	struct confine_last *last = &run->confine.confine.last;
	const size_t count = list_files(devices, files);
	const char *what;
	int error;

	if (count == 0)
		return VMGRANT_GRANTED;
	if (check_daemonize(run->arguments) != VMGRANT_GRANTED)
		return VMGRANT_UNSUPPORTED;
	if (!run->confine.is_wanted) {
		error = open_broker_start(files, count, &what);
	} else {
		last->join = join_broker;
		error = open_broker_fork(files, count, &last->fd, &what);
	}
	return say_broker(error, what);
}

/* Where the program opens nodes by path its opens are answered from now on. */
static int serve(void *things, struct run *run)
{
	return start_broker(things, run);
}

const struct run_kind run_vfio = {
	.size = sizeof(struct vfio_devices),
	.add = add,
	.misfit = launch_vfio_misfit,
	.ask = ask,
	.launch = launch,
	.keep = keep,
	.serve = serve,
};
