/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* TAP interfaces on open /dev/net/tun descriptors. */
#include "helper/port/tun.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>

static int attach_queue(int fd, const char *name, int flags)
{
	struct ifreq request = { 0 };

	memcpy(request.ifr_name, name, PORT_NAME_SIZE);
	request.ifr_flags = (short)flags;
	return ioctl(fd, TUNSETIFF, &request) < 0 ? -errno : 0;
}

int tun_make(const int *fds, unsigned queues, const char *name,
	     unsigned port_flags, uid_t owner)
{
	unsigned features = 0;
	int flags = IFF_TAP | IFF_NO_PI;
	int result;

	if (ioctl(fds[0], TUNGETFEATURES, &features) < 0)
		return -errno;
	if ((port_flags & ORDER_PORT_VNET_HEADER) != 0 && (features & IFF_VNET_HDR) != 0)
		flags |= IFF_VNET_HDR;
	if (queues > 1)
		flags |= IFF_MULTI_QUEUE;
	result = attach_queue(fds[0], name, flags | IFF_TUN_EXCL);
	if (result == 0 && ioctl(fds[0], TUNSETOWNER, (unsigned long)owner) < 0)
		result = -errno;
	for (unsigned i = 1; i < queues && result == 0; i++)
		result = attach_queue(fds[i], name, flags);
	return result;
}
