/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The process that builds in a sealed port's namespace. No capability over the host. */
#include "inside/builder.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "helper/port/netlink-internal.h"
#include "helper/port/netlink.h"
#include "inside/tc.h"
#include "wire/process/fd-pass.h"

_Static_assert(BUILDER_TUNS + ORDER_QUEUES_MAX <= FD_PASS_MAX, "one message for all of them");

static int send_report(int channel, enum order_port_step step, int error, const int *files,
		       unsigned count)
{
	const struct builder_report report = { step, error };

	return fd_pass_send(channel, &report, sizeof report, files, error == 0 ? count : 0, 0);
}

/* ---- the namespace ---- */

const char builder_namespace_path[] = "/proc/self/ns/net";
const char builder_tun_path[] = "/dev/net/tun";

int builder_enter_unprivileged(void)
{
	return unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0 ? errno : 0;
}

/* Always the same call, whatever libc's open() is: a filter looks at it. */
static int open_path(const char *path, int flags)
{
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC);
}

/* Returns 0 or errno. */
static int open_files(unsigned queues, int *files, enum order_port_step *step)
{
	files[BUILDER_NAMESPACE] = open_path(builder_namespace_path, O_RDONLY);
	if (files[BUILDER_NAMESPACE] < 0)
		return errno;
	*step = ORDER_PORT_OPEN_TUN;
	for (unsigned i = 0; i < queues; i++) {
		files[BUILDER_TUNS + i] = open_path(builder_tun_path, O_RDWR);
		if (files[BUILDER_TUNS + i] < 0)
			return errno;
	}
	return 0;
}

/* 1 when the helper has come so far; else it has gone or has given up. */
static int wait_for_helper(int channel)
{
	char byte;

	return recv(channel, &byte, sizeof byte, 0) == sizeof byte;
}

/* ---- what is in it ---- */

struct inside {
	struct netlink *netlink;
	unsigned tap, link; /* ifindex */
};

/*
 * Keep an interface that only passes frames on from speaking on its own account:
 * no IPv6 address, with which the kernel would solicit neighbours and routers.
 * Before it is up.
 */
static int silence(struct netlink *netlink, unsigned ifindex)
{
	int result;

	netlink_begin_link(netlink, RTM_NEWLINK, 0, ifindex, 0);
	netlink_put_no_address(netlink);
	result = netlink_transact(netlink);
	/* A kernel without IPv6 has nothing to keep quiet. */
	return result == -EAFNOSUPPORT ? 0 : result;
}

static int bring_up(struct netlink *netlink, unsigned ifindex)
{
	netlink_begin_link(netlink, RTM_NEWLINK, 0, ifindex, IFF_UP);
	return netlink_transact(netlink);
}

/* The TAP has a name since the helper made it. */
static int find_both(int tun_fd, struct inside *inside)
{
	struct ifreq tap = { 0 };
	int result;

	if (ioctl(tun_fd, TUNGETIFF, &tap) < 0)
		return -errno;
	result = netlink_find_ifindex(inside->netlink, tap.ifr_name, &inside->tap);
	return result == 0
		       ? netlink_find_ifindex(inside->netlink, BUILDER_LINK, &inside->link)
		       : result;
}

/* Nothing on this side looks at a TAP's MTU: the size of frames is the outer end's matter. */
static int set_up_forwarding(const struct inside *inside, const unsigned char *guest_mac)
{
	struct netlink *netlink = inside->netlink;
	int result = tc_send_unqueued(netlink, inside->tap);

	if (result == 0)
		result = silence(netlink, inside->tap);
	if (result == 0)
		result = silence(netlink, inside->link);
	if (result == 0)
		result = tc_redirect(netlink, inside->tap, inside->link, guest_mac);
	if (result == 0)
		result = tc_keep_bpdu(netlink, inside->tap);
	if (result == 0)
		result = tc_redirect(netlink, inside->link, inside->tap, NULL);
	return result == 0 ? bring_up(netlink, inside->tap) : result;
}

/*
 * The end of a pair that comes up last works at once; the other one when the
 * kernel's link watch has run. That must be the outer end, which the helper waits for:
 * the first frame of a guest must not be lost.
 */
static int build(struct inside *inside, int channel, int tun_fd, const unsigned char *guest_mac)
{
	int result = find_both(tun_fd, inside);

	if (result == 0)
		result = set_up_forwarding(inside, guest_mac);
	if (result == 0 && !wait_for_helper(channel))
		result = -EPIPE;
	return result == 0 ? bring_up(inside->netlink, inside->link) : result;
}

void builder_run(int channel, unsigned queues, const unsigned char *guest_mac,
		 int (*enter)(void))
{
	int files[FD_PASS_MAX];
	enum order_port_step step = ORDER_PORT_NAMESPACE;
	struct inside inside = { .netlink = NULL };
	int result, error = enter();

	if (error == 0)
		error = open_files(queues, files, &step);
	if (send_report(channel, step, error, files, BUILDER_TUNS + queues) < 0 || error != 0)
		return;
	/* While the helper makes TAP and pair. */
	result = netlink_open(NULL, &inside.netlink);
	if (!wait_for_helper(channel))
		return;
	if (result == 0)
		result = build(&inside, channel, files[BUILDER_TUNS], guest_mac);
	error = -result;
	(void)send_report(channel, ORDER_PORT_FORWARDING, error, NULL, 0);
}
