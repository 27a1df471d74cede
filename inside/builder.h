/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The process that makes a sealed port's namespace and builds in it. It holds no capability but
 * those over that namespace: all its ids are the service account's, and what the helper has
 * permitted it gave up before it came here.
 *
 * A network namespace that no process stays in and nobody can enter. It is unshared together
 * with a user namespace, which needs no privilege, and no uid is mapped into that one. The
 * kernel gives whoever has the effective uid that made a user namespace, and sits in the
 * one above it, every capability over it (cap_capable()): so the helper can move one end of
 * a pair into it and make TAPs from the files that it gets from here. Nobody else can but root:
 * the caller of the helper, whose effective uid is another, can do with a TAP from it only what
 * any holder of a TAP's fd can do.
 *
 * Where user namespaces are forbidden it is a fork of the process of helper/port/maker.h, with
 * CAP_NET_ADMIN and a seccomp filter, and the namespace belongs to the initial user namespace.
 */
#ifndef VMGRANT_INSIDE_BUILDER_H
#define VMGRANT_INSIDE_BUILDER_H

#include "wire/orders/orders.h"

/* The name of the pair's inner end: in a namespace of our own, names are ours to choose. */
#define BUILDER_LINK "bridge"

/* What comes with the first report, and lives as long as one of these is open somewhere. */
enum builder_file {
	BUILDER_NAMESPACE = 0,
	BUILDER_TUNS, /* from here /dev/net/tun, one for each queue, no interface yet */
};

/* The paths of these, each by an address that a seccomp filter can know. */
extern const char builder_namespace_path[];
extern const char builder_tun_path[];

struct builder_report {
	enum order_port_step step;
	int error; /* 0, or what went wrong at that step: then there are no files */
};

/*
 * The whole of it, over a SOCK_SEQPACKET socket:
 *
 *   first report   with the files
 *   a byte comes   TAP and pair are there: frames are led from one to the other
 *   a byte comes   the outer end is up: so is the inner one
 *   second report  without files
 *
 * queues     1 to ORDER_QUEUES_MAX
 * guest_mac  the one address that frames of the TAP may come from; NULL: any
 * enter      makes the namespace and goes into it: 0 or errno
 *
 * From ORDER_PORT_NAMESPACE come ENOSPC where user namespaces are switched off (sysctl
 * user.max_user_namespaces) or used up, EPERM where a distribution or a container forbids them,
 * EINVAL where the kernel has none; from ORDER_PORT_OPEN_TUN EACCES where /dev/net/tun is closed
 * to the service account: privileges here do not reach into the initial namespace.
 */
void builder_run(int channel, unsigned queues, const unsigned char *guest_mac,
		 int (*enter)(void));

/* Of builder_run(): a namespace in a user namespace, which takes no privilege. */
int builder_enter_unprivileged(void);

#endif
