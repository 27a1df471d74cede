/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A TAP that stays without a program that has it open. */
#include "client/command/tap/tap-device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/command/machine/tree.h"

/* What has to be said as it was made, or is the type. */
#define ATTACH_FLAGS (IFF_TUN | IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE)

static int set_persistence(int fd, unsigned long persistence)
{
	return ioctl(fd, TUNSETPERSIST, persistence) < 0 ? -errno : 0;
}

int tap_device_keep(int fd)
{
	return set_persistence(fd, 1);
}

int tap_device_let_go(int fd)
{
	return set_persistence(fd, 0);
}

/* Without a privilege the kernel lets its owner alone attach, and makes no new one. */
static int attach(int fd, const char *name, long flags)
{
	struct ifreq request = { .ifr_flags = (short)(flags & ATTACH_FLAGS) };

	(void)snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
	return ioctl(fd, TUNSETIFF, &request) < 0 ? -errno : 0;
}

int tap_device_remove(const char *name)
{
	long flags = tree_number("", "/sys/class/net/%s/tun_flags", name);
	int fd, result;

	if (flags < 0 || (flags & IFF_TAP) == 0)
		return -ENODEV;
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	result = attach(fd, name, flags);
	if (result == 0)
		result = tap_device_let_go(fd);
	close(fd);
	return result;
}
