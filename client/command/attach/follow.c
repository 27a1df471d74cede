/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * vmgrant attach --follow.
 *
 * The monitor serves one program at a time, so the connection is closed while nothing
 * happens. That QEMU ends is seen by its process, which is the other end's.
 */
#include "client/command/attach/follow.h"

#include <errno.h>
#include <libudev.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/attach/qmp-command.h"

struct follower {
	struct attach *attach;
	struct udev *udev;
	struct udev_monitor *monitor;
	int interrupt_fd;
	int qemu_pidfd;
	int is_away; /* 1: unplugged, and not in QEMU any more if that could be asked */
};

/* ---- what is followed ---- */

/* "" for what the device has not, and for a device that is gone. */
static const char *attribute(struct udev_device *device, const char *name)
{
	const char *value = udev_device_get_sysattr_value(device, name);

	return value == NULL ? "" : value;
}

static uint16_t hex_attribute(struct udev_device *device, const char *name)
{
	return (uint16_t)strtoul(attribute(device, name), NULL, 16);
}

static int is_plain(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < ' ' || *text > '~')
			return 0;
	}
	return 1;
}

/*
 * A device that was asked for by its place is whatever is plugged in there. Any other
 * one is that of the same ids and serial number, wherever it is plugged in. One that was
 * unplugged meanwhile has no attributes: what was asked for has to do, if that is enough.
 */
static int learn_identity(struct usb_option *option, struct udev_device *device)
{
	const char *serial = attribute(device, "serial");
	int is_there = attribute(device, "idVendor")[0] != '\0' &&
		       attribute(device, "idProduct")[0] != '\0';

	option->has_number = 0;
	option->bus = option->device = 0;
	if (option->port[0] != '\0' || (!is_there && option->has_ids))
		return 0;
	if (!is_there)
		return -ENODEV;
	option->has_ids = 1;
	option->vendor = hex_attribute(device, "idVendor");
	option->product = hex_attribute(device, "idProduct");
	if (serial[0] != '\0' && strlen(serial) < sizeof option->serial && is_plain(serial))
		memcpy(option->serial, serial, strlen(serial) + 1);
	return 0;
}

/* Does that device look like the one? The helper looks again. */
static int matches(const struct usb_option *option, struct udev_device *device)
{
	if (option->port[0] != '\0' && strcmp(option->port, udev_device_get_sysname(device)) != 0)
		return 0;
	if (option->has_ids && (option->vendor != hex_attribute(device, "idVendor") ||
				option->product != hex_attribute(device, "idProduct")))
		return 0;
	return option->serial[0] == '\0' ||
	       strcmp(option->serial, attribute(device, "serial")) == 0;
}

static int find_device(struct follower *follower)
{
	struct attach *attach = follower->attach;
	struct udev_device *device = NULL;
	struct stat node;
	int error = -ENODEV;

	if (stat(attach->usb.node, &node) == 0)
		device = udev_device_new_from_devnum(follower->udev, 'c', node.st_rdev);
	if (device != NULL)
		error = learn_identity(&attach->usb_option, device);
	(void)udev_device_unref(device);
	return error == 0 ? VMGRANT_GRANTED
			  : command_fail(VMGRANT_OBJECT, "%s: cannot be followed: sysfs does not "
					 "know %s: it stays plugged in", attach->id,
					 attach->usb.node);
}

/* ---- what happens ---- */

/* 0, or 1 when QEMU has ended. */
static int connect_to_qemu(struct follower *follower)
{
	struct qmp *qmp = &follower->attach->qmp;
	enum qmp_result result;
	int gone;

	qmp_init(qmp);
	qmp->interrupt_fd = follower->interrupt_fd;
	result = qmp_open(qmp, follower->attach->socket, &gone);
	if (result != QMP_DONE && !gone)
		(void)command_fail(0, "QMP socket %.256s: %s", follower->attach->socket,
				   qmp->error);
	return gone;
}

/* Take what is dead out of QEMU. An undone removal is made up for before the next plugging. */
static int remove_dead(struct follower *follower)
{
	struct attach *attach = follower->attach;
	int gone = connect_to_qemu(follower);

	if (!gone && attach->qmp.fd >= 0 &&
	    qmp_usb_undo(&attach->qmp, &attach->qmp_usb) != QMP_DONE)
		(void)command_fail(0, "%s: %s", attach->id, attach->qmp.error);
	qmp_close(&attach->qmp);
	return gone;
}

static int leave(struct follower *follower)
{
	struct attach *attach = follower->attach;

	follower->is_away = 1;
	(void)command_fail(0, "%s: unplugged: waiting for it to come back", attach->id);
	return remove_dead(follower);
}

static int come_back(struct follower *follower)
{
	struct attach *attach = follower->attach;
	int gone = remove_dead(follower);

	if (gone || attach_ask(attach) != VMGRANT_GRANTED)
		return gone;
	gone = connect_to_qemu(follower);
	if (attach->qmp.fd >= 0 && attach_plug(attach) == VMGRANT_GRANTED) {
		follower->is_away = 0;
		(void)command_fail(0, "%s: plugged in again", attach->id);
	}
	qmp_close(&attach->qmp);
	vmgrant_usb_close(&attach->usb);
	return gone;
}

/* 0, or 1 when QEMU has ended. */
static int take_event(struct follower *follower)
{
	struct udev_device *device = udev_monitor_receive_device(follower->monitor);
	struct attach *attach = follower->attach;
	const char *action, *node;
	int gone = 0;

	if (device == NULL)
		return 0;
	action = udev_device_get_action(device);
	node = udev_device_get_devnode(device);
	if (!follower->is_away && strcmp(action, "remove") == 0 && node != NULL &&
	    strcmp(node, attach->usb.node) == 0)
		gone = leave(follower);
	else if (follower->is_away && strcmp(action, "add") == 0 &&
		 matches(&attach->usb_option, device))
		gone = come_back(follower);
	(void)udev_device_unref(device);
	return gone;
}

static int wait_for_events(struct follower *follower)
{
	struct pollfd fds[] = {
		{ .fd = follower->interrupt_fd, .events = POLLIN },
		{ .fd = follower->qemu_pidfd, .events = POLLIN },
		{ .fd = udev_monitor_get_fd(follower->monitor), .events = POLLIN },
	};
	int gone = 0;

	/* It may have gone before the monitor was there. */
	if (access(follower->attach->usb.node, F_OK) < 0)
		gone = leave(follower);
	while (!gone) {
		if (poll(fds, sizeof fds / sizeof fds[0], -1) < 0 && errno != EINTR)
			return command_fail(VMGRANT_INTERNAL, "waiting failed: %s",
					    strerror(errno));
		if (fds[0].revents != 0 || fds[1].revents != 0)
			break;
		if (fds[2].revents != 0)
			gone = take_event(follower);
	}
	return VMGRANT_GRANTED;
}

/* ---- how it begins ---- */

/* Where no udevd is at work only the kernel tells. */
static const char *event_source(struct udev *udev)
{
	struct udev_queue *queue = udev_queue_new(udev);
	int is_active = queue != NULL && udev_queue_get_udev_is_active(queue);

	(void)udev_queue_unref(queue);
	return is_active ? "udev" : "kernel";
}

static int open_monitor(struct follower *follower)
{
	follower->udev = udev_new();
	if (follower->udev != NULL)
		follower->monitor = udev_monitor_new_from_netlink(follower->udev,
								  event_source(follower->udev));
	if (follower->monitor == NULL ||
	    udev_monitor_filter_add_match_subsystem_devtype(follower->monitor, "usb",
							    "usb_device") < 0 ||
	    udev_monitor_enable_receiving(follower->monitor) < 0)
		return command_fail(VMGRANT_INTERNAL, "%s: cannot be followed: udev: %s: it stays "
				    "plugged in", follower->attach->id, strerror(errno));
	return VMGRANT_GRANTED;
}

static int open_qemu(struct follower *follower)
{
	struct ucred peer = { 0 };
	socklen_t length = sizeof peer;

	if (getsockopt(follower->attach->qmp.fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0)
		follower->qemu_pidfd = (int)syscall(SYS_pidfd_open, peer.pid, 0);
	if (follower->qemu_pidfd < 0)
		return command_fail(VMGRANT_INTERNAL, "%s: cannot be followed: QEMU's process "
				    "cannot be watched: %s: it stays plugged in",
				    follower->attach->id, strerror(errno));
	return VMGRANT_GRANTED;
}

int follow(struct attach *attach)
{
	struct follower follower = { .attach = attach, .qemu_pidfd = -1,
				     .interrupt_fd = attach->qmp.interrupt_fd };
	int code = open_monitor(&follower);

	if (code == VMGRANT_GRANTED)
		code = find_device(&follower);
	if (code == VMGRANT_GRANTED)
		code = open_qemu(&follower);
	/* QEMU has its own copy of the file, and its monitor is for others meanwhile. */
	vmgrant_usb_close(&attach->usb);
	qmp_close(&attach->qmp);
	if (code == VMGRANT_GRANTED)
		code = wait_for_events(&follower);
	if (follower.qemu_pidfd >= 0)
		close(follower.qemu_pidfd);
	(void)udev_monitor_unref(follower.monitor);
	(void)udev_unref(follower.udev);
	return code;
}
