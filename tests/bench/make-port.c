/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Makes ports with the helper's own code, in the helper's last phase of
 * privilege, and hands the fds over. For measurements; started as root.
 *
 *     make-port KIND BRIDGE CALLER-UID ACCOUNT-UID QUEUES COUNT [SOCKET]
 *
 * KIND is sealed, direct (of one queue), or both for one of each in turn. With SOCKET (an
 * inherited AF_UNIX SEQPACKET fd): for each port one message, its name, with its
 * fds; then waits until the other side closes. Without: keeps them all, and
 * prints the kind of each and how many microseconds it took to make.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "helper/port/direct.h"
#include "helper/privileges.h"
#include "helper/port/sealed.h"
#include "wire/fd-pass.h"

static void die(const char *step, int error)
{
	(void)fprintf(stderr, "make-port: %s: %s\n", step, strerror(error));
	exit(1);
}

/* The state that privileges_shrink() leaves, by number instead of by name. */
static void shrink(uid_t caller, uid_t account)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {
		{ .permitted = 1u << CAP_NET_ADMIN | 1u << CAP_DAC_OVERRIDE | 1u << CAP_SETGID |
			       1u << CAP_SETPCAP },
	};

	prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	if (setresuid(caller, account, account) < 0)
		die("setresuid", errno);
	if (syscall(SYS_capset, &header, data) < 0)
		die("capabilities", errno);
}

static struct netlink *open_outer(void)
{
	struct netlink *netlink;
	int result = privileges_raise(PRIVILEGE_NET_ADMIN);

	if (result == 0)
		result = netlink_open(&netlink);
	privileges_lower();
	if (result < 0)
		die("netlink", -result);
	return netlink;
}

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

struct maker {
	struct netlink *outer;
	struct bridge bridge;
	struct port_spec spec;
	int channel; /* -1: measure */
};

static void hand_over(const struct maker *maker, const char *name, const int *fds)
{
	if (fd_pass_send(maker->channel, name, PORT_NAME_SIZE, fds, maker->spec.queues, 5000) < 0)
		die("send", errno);
	for (unsigned i = 0; i < maker->spec.queues; i++)
		close(fds[i]);
}

static int make_sealed(const struct maker *maker, struct sealed_port *port)
{
	struct netns namespace;
	int result = netns_start(maker->spec.queues, &namespace);

	if (result < 0)
		return result;
	result = sealed_port_make(maker->outer, &maker->bridge, &maker->spec, &namespace, port);
	netns_close(&namespace);
	return result;
}

static void make(const struct maker *maker, const char *kind)
{
	struct sealed_port sealed;
	struct direct_port direct;
	double begin_us = now_us();
	int is_sealed = strcmp(kind, "sealed") == 0;
	int result = is_sealed
			     ? make_sealed(maker, &sealed)
			     : direct_port_make(maker->outer, &maker->bridge, &maker->spec, &direct);

	if (result < 0)
		die(is_sealed ? "sealed port" : "direct port", -result);
	if (maker->channel < 0)
		printf("%s %.0f\n", kind, now_us() - begin_us);
	else if (is_sealed)
		hand_over(maker, sealed.name, sealed.fds);
	else
		hand_over(maker, direct.name, &direct.fd);
}

static void make_all(struct maker *maker, const char *kind, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		maker->spec.slot_first = 2 * i;
		make(maker, strcmp(kind, "both") == 0 ? "sealed" : kind);
		maker->spec.slot_first++;
		if (strcmp(kind, "both") == 0)
			make(maker, "direct");
	}
}

int main(int argc, char **argv)
{
	struct maker maker = { .channel = argc > 7 ? atoi(argv[7]) : -1 };
	struct account account;
	struct refusal why;
	char end;
	int result;

	if (argc < 7)
		die("usage", EINVAL);
	account.uid = account.gid = (uid_t)atoi(argv[4]);
	maker.spec = (struct port_spec){
		.owner = (uid_t)atoi(argv[3]),
		.queues = (unsigned)atoi(argv[5]),
		.vnet_header = VNET_HEADER_ON,
		.slot_count = PORT_SLOTS,
		.setup = { .alias = "test port" },
	};
	shrink(maker.spec.owner, account.uid);
	if (privileges_finish(PRIVILEGE_NET_ADMIN | PRIVILEGE_OPEN, &account, &why) !=
	    REPLY_GRANTED)
		die("privileges_finish", errno);
	maker.outer = open_outer();
	result = netlink_find_bridge(maker.outer, argv[2], &maker.bridge);
	if (result < 0)
		die("bridge", -result);
	maker.spec.setup.mtu_bytes = maker.bridge.mtu_bytes;
	make_all(&maker, argv[1], (unsigned)atoi(argv[6]));
	netlink_close(maker.outer);
	if (maker.channel >= 0)
		(void)!read(maker.channel, &end, 1);
	return 0;
}
