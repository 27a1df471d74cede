/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant attach --follow.
 *
 * A monitor of the person's serves one program at a time, so the connection is closed while
 * nothing happens. That QEMU ends is seen by its process, which is the other end's. The
 * monitor that vmgrant run has made is ours alone: it stays open, and ends with QEMU.
 */
#include "client/command/kind/usb/follow.h"

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

#include "client/command/attach/qmp-command.h"
#include "client/command/common/command.h"
#include "client/command/kind/usb/follow-device.h"
#include "client/command/kind/usb/usb.h"
#include "client/text/message.h"

struct follower {
	struct attach *attach;
	struct attached_usb *device; /* attach->thing */
	struct udev *udev;
	struct udev_monitor *monitor;
	int interrupt_fd;
	int qemu_pidfd; /* -1: the monitor is ours */
	int is_away;    /* 1: unplugged, and not in QEMU any more if that could be asked */
	int is_known;   /* 1: it was there once, and is the one that is waited for */
	char place[FOLLOW_PLACE_SIZE]; /* where it was asked for, "": anywhere */
};

/* ---- what is followed ---- */

static int is_there(const struct follower *follower)
{
	return access(follower->device->usb.node, F_OK) == 0;
}

/* What was unplugged before it could be looked at is waited for by how it was asked for. */
static int find_device(struct follower *follower)
{
	struct attach *attach = follower->attach;
	struct udev_device *device = NULL;
	struct stat node;
	int error = -ENODEV;

	if (stat(follower->device->usb.node, &node) == 0)
		device = udev_device_new_from_devnum(follower->udev, 'c', node.st_rdev);
	if (device != NULL)
		error = follow_device_learn(&follower->device->option, device);
	(void)udev_device_unref(device);
	follower->is_known = error == 0;
	/* The node goes before sysfs's folder. */
	return error == 0 || !is_there(follower)
		       ? VMGRANT_GRANTED
		       : command_fail(VMGRANT_OBJECT,
				      _("%s: cannot be followed: sysfs does not "
					"know %s: it stays plugged in"),
				      attach->id, follower->device->usb.node);
}

/* ---- what happens ---- */

static int is_ours(const struct follower *follower)
{
	return follower->attach->monitor.socket == NULL;
}

/* 0, or 1 when QEMU has ended. */
static int connect_to_qemu(struct follower *follower)
{
	struct qmp *qmp = &follower->attach->qmp;
	enum qmp_result result;
	int gone;

	if (is_ours(follower))
		return qmp->fd < 0;
	qmp_init(qmp);
	qmp->interrupt_fd = follower->interrupt_fd;
	result = qmp_open(qmp, follower->attach->monitor.socket, &gone);
	if (result != QMP_DONE && !gone)
		(void)command_fail(0, _("QMP socket %.256s: %s"), follower->attach->monitor.socket,
				   qmp->error);
	return gone;
}

static void let_qemu_go(struct follower *follower)
{
	if (!is_ours(follower))
		qmp_close(&follower->attach->qmp);
}

/* Take what is dead out of QEMU. An undone removal is made up for before the next plugging. */
static int remove_dead(struct follower *follower)
{
	struct attach *attach = follower->attach;
	int gone = connect_to_qemu(follower);

	if (!gone && attach->qmp.fd >= 0 &&
	    qmp_usb_undo(&attach->qmp, &follower->device->plugged) != QMP_DONE)
		(void)command_fail(0, "%s: %s", attach->id, attach->qmp.error);
	let_qemu_go(follower);
	return gone;
}

static int leave(struct follower *follower)
{
	struct attach *attach = follower->attach;

	follower->is_away = 1;
	(void)command_fail(0, _("%s: unplugged: waiting for it to come back"), attach->id);
	return remove_dead(follower);
}

static void say_it_is_there(struct follower *follower)
{
	struct attach *attach = follower->attach;

	follower->is_away = 0;
	(void)command_fail(0, follower->is_known ? _("%s: plugged in again") : _("%s: plugged in"),
			   attach->id);
	if (!follower->is_known)
		(void)find_device(follower);
}

/* name is where it is plugged in. */
static int come_back(struct follower *follower, const char *name)
{
	struct attach *attach = follower->attach;
	int gone = remove_dead(follower);

	/* It may be on the other side of the socket. */
	if (follower->place[0] != '\0' && strlen(name) < sizeof follower->device->option.port)
		memcpy(follower->device->option.port, name, strlen(name) + 1);
	if (gone || attach_ask(attach) != VMGRANT_GRANTED)
		return gone;
	gone = connect_to_qemu(follower);
	if (attach->qmp.fd >= 0 && attach_plug(attach) == VMGRANT_GRANTED)
		say_it_is_there(follower);
	let_qemu_go(follower);
	vmgrant_usb_close(&follower->device->usb);
	return gone;
}

/* What was not there, or could not be had, when it was asked for: is it now? */
static int look_for_it(struct follower *follower)
{
	struct udev_enumerate *all = udev_enumerate_new(follower->udev);
	struct udev_list_entry *entry = NULL;
	int gone = 0;

	if (all != NULL && udev_enumerate_add_match_subsystem(all, "usb") >= 0 &&
	    udev_enumerate_add_match_property(all, "DEVTYPE", "usb_device") >= 0 &&
	    udev_enumerate_scan_devices(all) >= 0)
		entry = udev_enumerate_get_list_entry(all);
	for (; entry != NULL && follower->is_away && !gone; entry = udev_list_entry_get_next(entry)) {
		struct udev_device *device = udev_device_new_from_syspath(
			follower->udev, udev_list_entry_get_name(entry));

		if (device != NULL && follow_device_matches(&follower->device->option,
							    follower->place, device))
			gone = come_back(follower, udev_device_get_sysname(device));
		(void)udev_device_unref(device);
	}
	(void)udev_enumerate_unref(all);
	return gone;
}

/* 0, or 1 when QEMU has ended. */
static int take_event(struct follower *follower)
{
	struct udev_device *device = udev_monitor_receive_device(follower->monitor);
	const char *action, *node;
	int gone = 0;

	if (device == NULL)
		return 0;
	action = udev_device_get_action(device);
	node = udev_device_get_devnode(device);
	if (!follower->is_away && strcmp(action, "remove") == 0 && node != NULL &&
	    strcmp(node, follower->device->usb.node) == 0)
		gone = leave(follower);
	else if (follower->is_away && strcmp(action, "add") == 0 &&
		 follow_device_matches(&follower->device->option, follower->place, device))
		gone = come_back(follower, udev_device_get_sysname(device));
	(void)udev_device_unref(device);
	return gone;
}

static int wait_for_events(struct follower *follower)
{
	struct pollfd fds[] = {
		{ .fd = follower->interrupt_fd, .events = POLLIN },
		{ .fd = is_ours(follower) ? follower->attach->qmp.fd : follower->qemu_pidfd,
		  .events = POLLIN },
		{ .fd = udev_monitor_get_fd(follower->monitor), .events = POLLIN },
	};
	int gone = 0;

	/* It may have come or gone before the monitor was there. */
	if (follower->is_away)
		gone = look_for_it(follower);
	else if (!is_there(follower))
		gone = leave(follower);
	while (!gone) {
		if (poll(fds, sizeof fds / sizeof fds[0], -1) < 0 && errno != EINTR)
			return command_fail(VMGRANT_INTERNAL, _("waiting failed: %s"),
					    strerror(errno));
		if (fds[0].revents != 0 || (fds[1].revents != 0 && !is_ours(follower)))
			break;
		/* Events come, and at the end nothing more. */
		if (fds[1].revents != 0 && qmp_read_events(&follower->attach->qmp) == QMP_LOST)
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
		return command_fail(VMGRANT_INTERNAL,
				    _("%s: cannot be followed: udev: %s: it stays "
				      "plugged in"),
				    follower->attach->id, strerror(errno));
	return VMGRANT_GRANTED;
}

static int open_qemu(struct follower *follower)
{
	struct ucred peer = { 0 };
	socklen_t length = sizeof peer;

	if (getsockopt(follower->attach->qmp.fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0)
		follower->qemu_pidfd = (int)syscall(SYS_pidfd_open, peer.pid, 0);
	if (follower->qemu_pidfd < 0)
		return command_fail(VMGRANT_INTERNAL,
				    _("%s: cannot be followed: QEMU's process "
				      "cannot be watched: %s: it stays plugged in"),
				    follower->attach->id, strerror(errno));
	return VMGRANT_GRANTED;
}

int follow(struct attach *attach, enum follow_start start)
{
	struct follower follower = { .attach = attach, .device = attach->thing, .qemu_pidfd = -1,
				     .is_away = start == FOLLOW_AWAY,
				     .interrupt_fd = attach->qmp.interrupt_fd };
	int code = open_monitor(&follower);

	(void)snprintf(follower.place, sizeof follower.place, "%s", follower.device->option.port);
	if (code == VMGRANT_GRANTED && !follower.is_away)
		code = find_device(&follower);
	if (code == VMGRANT_GRANTED && !is_ours(&follower))
		code = open_qemu(&follower);
	/* QEMU has its own copy of the file, and its monitor is for others meanwhile. */
	vmgrant_usb_close(&follower.device->usb);
	let_qemu_go(&follower);
	if (code == VMGRANT_GRANTED)
		code = wait_for_events(&follower);
	if (follower.qemu_pidfd >= 0)
		close(follower.qemu_pidfd);
	(void)udev_monitor_unref(follower.monitor);
	(void)udev_unref(follower.udev);
	return code;
}
