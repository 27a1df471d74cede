/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The sealed port: a TAP whose holder can change nothing outside of it. */
#include "helper/port/sealed.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "helper/port/netns.h"
#include "helper/port/tun.h"
#include "helper/port/veth.h"
#include "helper/privileges.h"
#include "inside/builder.h"
#include "wire/port/port-name.h"

/*
 * The kernel clears a namespace away in the background, so the guest's address stays
 * taken on the bridge for some 60 ms after the last fd of a port has closed. Who stops a
 * virtual machine and starts it again must not meet his own address: taken is only what
 * stays taken. Names the judge has looked at, and waited for, before.
 */
#define TAKEN_ATTEMPTS 25
#define TAKEN_PAUSE_NS 20000000L

/* ---- the pair ---- */

/* Take the first free name. */
static int make_pair(struct netlink *outer, struct port_spec *spec, int namespace_fd, char *name)
{
	const struct order_port *order = spec->order;
	const struct veth_setup veth = {
		.name = name,
		.mac = spec->bridge.port_address,
		.mtu_bytes = spec->bridge.mtu_bytes,
		.queues = order->queues,
		.namespace_fd = namespace_fd,
		.peer_name = BUILDER_LINK,
	};
	int result = -EEXIST;

	for (unsigned i = 0; i < order->slot_count && result == -EEXIST; i++) {
		port_name_format(spec->owner, spec->bridge.ifindex,
				 (order->slot_first + i) % PORT_SLOTS, name);
		result = veth_make(outer, &veth);
	}
	return result < 0 ? result : netlink_find_ifindex(outer, name, &spec->setup.ifindex);
}

/* ---- the outer side ---- */

static int join_bridge(struct netlink *outer, const struct port_spec *spec)
{
	const struct timespec pause = { .tv_nsec = TAKEN_PAUSE_NS };
	int result = netlink_set_up_port(outer, &spec->bridge, &spec->setup);

	for (int attempt = 1; attempt < TAKEN_ATTEMPTS && result == -EEXIST; attempt++) {
		(void)nanosleep(&pause, NULL);
		result = netlink_set_up_port(outer, &spec->bridge, &spec->setup);
	}
	return result;
}

/*
 * A namespace in a user namespace is this process's by its effective uid; for one of the initial
 * user namespace it takes the capability.
 */
static int make_tap(const struct port_spec *spec, const struct netns *netns, const char *name)
{
	const int is_own = netns->child > 0;
	int result = is_own ? 0 : privileges_raise(ORDER_RIGHT_PORTS);

	if (result == 0)
		result = tun_make(netns->files.fds + BUILDER_TUNS, spec->order->queues, name,
				  spec->order->flags, spec->owner);
	if (!is_own)
		privileges_lower();
	return result;
}

/* Everything after the pair. The builder leads the frames while the outer end joins. */
static int build_port(struct netlink *outer, const struct port_spec *spec,
		      struct netns *netns, struct port_made *made)
{
	int result;

	made->step = ORDER_PORT_TAP;
	/*
	 * The TAP has the name of the port, so that who asks his fd learns under which
	 * name the administrator sees it.
	 */
	result = make_tap(spec, netns, made->name);
	if (result < 0)
		return result;
	netns_go_on(netns);
	made->step = ORDER_PORT_JOIN;
	result = join_bridge(outer, spec);
	if (result < 0)
		return result;
	netns_go_on(netns);
	made->step = ORDER_PORT_FORWARDING;
	result = netns_finish(netns);
	if (result < 0)
		return result;
	made->step = ORDER_PORT_JOIN;
	return netlink_verify_port(outer, &spec->bridge, &spec->setup);
}

static int build(struct netlink *outer, struct port_spec *spec, struct netns *netns,
		 struct port_made *made)
{
	int result;

	made->step = ORDER_PORT_NAME;
	spec->setup.is_paired = 1;
	result = make_pair(outer, spec, netns->files.fds[BUILDER_NAMESPACE], made->name);
	if (result < 0)
		return result;
	result = build_port(outer, spec, netns, made);
	/* What the namespace would lose by itself a little later frees its name now. */
	if (result < 0)
		(void)veth_remove(outer, spec->setup.ifindex);
	return result;
}

int sealed_port_make(struct netlink *outer, struct builders *builders, struct port_spec *spec,
		     struct port_made *made_out)
{
	struct netns netns;
	int result = netns_start(builders, spec->order, &netns, &made_out->step);

	if (result == 0)
		result = build(outer, spec, &netns, made_out);
	if (result == 0) {
		memcpy(made_out->fds, netns.files.fds + BUILDER_TUNS,
		       spec->order->queues * sizeof made_out->fds[0]);
		netns.files.count = BUILDER_TUNS;
	}
	netns_close(&netns);
	return result;
}
