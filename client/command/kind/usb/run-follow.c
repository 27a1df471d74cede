/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * USB devices of vmgrant run that are plugged in whenever they come.
 *
 * This program becomes QEMU, so another process has to stay. It has nothing that QEMU has
 * not, asks the helper as the person would, and talks to a monitor of its own: those of the
 * person are left alone.
 */
#include "client/command/kind/usb/run-follow.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/kind/usb/follow.h"
#include "client/command/qemu/qemu-program.h"
#include "client/text/message.h"

#define PROCESS_NAME "vmgrant-follow"

static void add_monitor(struct words *words, const char *id, int version)
{
	int is_object = version >= QEMU_MONITOR_OBJECT;

	words_add(words, text_format("%s", is_object ? "-object" : "-mon"));
	words_add(words, is_object ? text_format("monitor-qmp,id=%s,chardev=%s", id, id)
				   : text_format("chardev=%s,mode=control", id));
}

int run_follow_add(struct usb_devices *devices, struct run *run)
{
	struct words *words = &run->words;

	for (size_t i = 0; i < devices->count; i++) {
		struct usb_device *device = &devices->items[i];
		int ends[2] = { -1, run->example_fd };
		char *id;

		if (!device->option.follow)
			continue;
		if (run->is_dry)
			run->example_fd++;
		else if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 ||
			 fcntl(ends[1], F_SETFD, 0) < 0)
			return command_fail(VMGRANT_INTERNAL, _("a socket pair cannot be made: %s"),
					    strerror(errno));
		device->monitor_fd = ends[0];
		device->qemu_fd = ends[1];
		id = launch_free_id(run->arguments, "qmp", LAUNCH_ID_NUMBERED, (unsigned)i);
		words_add(words, text_format("-chardev"));
		words_add(words, text_format("socket,id=%s,fd=%d", id, ends[1]));
		add_monitor(words, id, run->qemu.version);
		free(id);
	}
	return VMGRANT_GRANTED;
}

/* Only standard error, and fd as number 3. */
static int keep_only(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0)
		return -1;
	if (fd != 3 && dup2(fd, 3) < 0)
		return -1;
	if (fcntl(3, F_SETFD, FD_CLOEXEC) < 0)
		return -1;
	return (int)syscall(SYS_close_range, 4u, ~0u, 0u);
}

static _Noreturn void stay(const struct run *run, const struct usb_device *device)
{
	int is_there = device->usb.fd >= 0;
	struct attached_usb thing = {
		.option = device->option,
		.usb = device->usb,
		.plugged = { .fd = -1, .reached = is_there ? QMP_USB_DEVICE : QMP_USB_NOTHING },
	};
	struct attach attach = { .helper = run->helper, .prompt = PROMPT_NEVER,
				 .kind = &command_kind_usb, .thing = &thing };

	(void)prctl(PR_SET_NAME, PROCESS_NAME, 0, 0, 0);
	/* Away from the terminal: only an agent of the session may ask for a password. */
	if (run->prompt != PROMPT_NEVER &&
	    prompt_flag(run->prompt, VMGRANT_DEVICE_INTERACTIVE) != 0)
		attach.prompt = PROMPT_ALWAYS;
	(void)setsid();
	if (chdir("/") < 0 || keep_only(device->monitor_fd) < 0)
		_exit(1);
	memcpy(attach.id, device->id, sizeof device->id);
	thing.usb.size = sizeof thing.usb;
	thing.usb.fd = -1;
	memcpy(thing.plugged.id, attach.id, sizeof attach.id);
	qmp_init(&attach.qmp);
	/* A QEMU that does not start has said why. */
	if (qmp_adopt(&attach.qmp, 3) == QMP_DONE)
		(void)follow(&attach, is_there ? FOLLOW_PLUGGED : FOLLOW_AWAY);
	_exit(0);
}

/* Twice forked: the process in between is waited for here, and QEMU has no child. */
static int start_one(const struct run *run, struct usb_device *device)
{
	pid_t pid = fork();

	if (pid == 0) {
		pid = fork();
		if (pid == 0)
			stay(run, device);
		_exit(pid < 0);
	}
	while (pid > 0) {
		int status = 0;

		if (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			continue;
		pid = status == 0 ? 0 : -1;
	}
	close(device->monitor_fd);
	device->monitor_fd = -1;
	return pid < 0 ? command_fail(VMGRANT_INTERNAL,
				      _("--usb %.64s: cannot be followed: no "
					"process can be made"),
				      device->option.text)
		       : VMGRANT_GRANTED;
}

int run_follow_start(struct usb_devices *devices, const struct run *run)
{
	int code = VMGRANT_GRANTED;

	for (size_t i = 0; code == VMGRANT_GRANTED && i < devices->count; i++) {
		if (devices->items[i].option.follow)
			code = start_one(run, &devices->items[i]);
	}
	return code;
}
