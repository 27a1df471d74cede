/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The sealed port: a TAP whose holder can change nothing outside of it. */
#include "helper/port/sealed.h"

#include <errno.h>
#include <time.h>

#include "helper/privileges.h"
#include "helper/port/tc.h"
#include "helper/port/tun.h"
#include "helper/port/veth.h"

/* The inner end of the pair: in a namespace of our own, names are ours to choose. */
#define LINK_NAME "bridge"

/*
 * The kernel clears a namespace away in the background, so a name, and the guest's
 * address on the bridge, stay taken for some 60 ms after the last fd of a port has
 * closed. Who stops a virtual machine and starts it again must not meet his own
 * quota or address: taken is only what stays taken.
 */
#define TAKEN_ATTEMPTS 25
#define TAKEN_PAUSE_NS 20000000L

static void pause_before(int attempt)
{
	const struct timespec pause = { .tv_nsec = TAKEN_PAUSE_NS };

	if (attempt > 0)
		(void)nanosleep(&pause, NULL);
}

/* The inner side, when it has interfaces. */
struct inside {
	struct netlink *netlink;
	unsigned tap, link; /* ifindex */
};

/* ---- the pair ---- */

/* Take the first free name. Needs CAP_NET_ADMIN raised. */
static int make_first_free(struct netlink *outer, const struct bridge *bridge,
			   const struct port_spec *spec, struct veth_setup *veth, char *name)
{
	int result = -EEXIST;

	for (unsigned i = 0; i < spec->slot_count && result == -EEXIST; i++) {
		port_name_format(spec->owner, bridge->ifindex,
				 (spec->slot_first + i) % PORT_SLOTS, name);
		result = veth_make(outer, veth);
	}
	return result;
}

static int make_pair(struct netlink *outer, const struct bridge *bridge,
		     const struct port_spec *spec, int namespace_fd, struct sealed_port *port)
{
	unsigned char address[6];
	struct veth_setup veth = {
		.name = port->name,
		.mac = address,
		.mtu_bytes = bridge->mtu_bytes,
		.queues = spec->queues,
		.namespace_fd = namespace_fd,
		.peer_name = LINK_NAME,
	};
	int result = -EEXIST;

	netlink_port_address(bridge, address);
	for (int attempt = 0; attempt < TAKEN_ATTEMPTS && result == -EEXIST; attempt++) {
		pause_before(attempt);
		result = privileges_raise(ORDER_RIGHT_PORTS);
		if (result == 0)
			result = make_first_free(outer, bridge, spec, &veth, port->name);
		privileges_lower();
	}
	return result < 0 ? result : netlink_find_ifindex(outer, port->name, &port->ifindex);
}

/* ---- the inner side: no capability of this process is needed ---- */

static int open_inside(struct netns *namespace, const char *tap_name, struct inside *inside)
{
	int result = netlink_adopt(namespace->netlink_fd, &inside->netlink);

	namespace->netlink_fd = -1;
	if (result == 0)
		result = netlink_find_ifindex(inside->netlink, tap_name, &inside->tap);
	return result == 0 ? netlink_find_ifindex(inside->netlink, LINK_NAME, &inside->link)
			   : result;
}

/* Nothing on this side looks at a TAP's MTU: the size of frames is the outer end's matter. */
static int set_up_forwarding(const struct inside *inside, const struct port_setup *port)
{
	struct netlink *netlink = inside->netlink;
	int result = tc_send_unqueued(netlink, inside->tap);

	if (result == 0)
		result = veth_silence(netlink, inside->tap);
	if (result == 0)
		result = veth_silence(netlink, inside->link);
	if (result == 0)
		result = tc_redirect(netlink, inside->tap, inside->link, port->guest_mac);
	if (result == 0)
		result = tc_keep_bpdu(netlink, inside->tap);
	if (result == 0)
		result = tc_redirect(netlink, inside->link, inside->tap, NULL);
	return result == 0 ? veth_bring_up(netlink, inside->tap) : result;
}

/* ---- the outer side ---- */

static int join_bridge(struct netlink *outer, const struct bridge *bridge,
		       const struct port_setup *port)
{
	int result = -EEXIST;

	for (int attempt = 0; attempt < TAKEN_ATTEMPTS && result == -EEXIST; attempt++) {
		pause_before(attempt);
		result = privileges_raise(ORDER_RIGHT_PORTS);
		if (result == 0)
			result = netlink_set_up_port(outer, bridge, port);
		privileges_lower();
	}
	return result;
}

/*
 * The end of a pair that comes up last works at once; the other one when the
 * kernel's link watch has run. That must be the outer end, which is waited for:
 * the first frame of a guest must not be lost.
 */
static int join_both(struct netlink *outer, const struct bridge *bridge,
		     const struct port_setup *port, const struct inside *inside)
{
	int result = join_bridge(outer, bridge, port);

	if (result == 0)
		result = veth_bring_up(inside->netlink, inside->link);
	if (result == 0)
		result = netlink_wait_running(outer, port->ifindex);
	return result == 0 ? netlink_verify_port(outer, bridge, port) : result;
}

/* What the namespace would lose by itself a little later frees its name now. */
static void remove_pair(struct netlink *outer, unsigned ifindex)
{
	if (privileges_raise(ORDER_RIGHT_PORTS) == 0)
		(void)veth_remove(outer, ifindex);
	privileges_lower();
}

/* Everything after the pair. */
static int build_forwarding(struct netlink *outer, const struct bridge *bridge,
		     const struct port_spec *spec, struct netns *namespace,
		     struct sealed_port *port)
{
	struct inside inside = { .netlink = NULL };
	struct port_setup setup = spec->setup;
	int result;

	setup.ifindex = port->ifindex;
	port->failed_step = ORDER_PORT_TAP;
	/*
	 * The TAP has the name of the port, so that who asks his fd learns under which
	 * name the administrator sees it.
	 */
	result = tun_make(namespace->tun_fds, spec->queues, port->name, spec->flags,
			  spec->owner);
	if (result < 0)
		return result;
	port->failed_step = ORDER_PORT_FORWARDING;
	result = open_inside(namespace, port->name, &inside);
	if (result == 0)
		result = set_up_forwarding(&inside, &setup);
	if (result == 0) {
		port->failed_step = ORDER_PORT_JOIN;
		result = join_both(outer, bridge, &setup, &inside);
	}
	netlink_close(inside.netlink);
	return result;
}

static int build(struct netlink *outer, const struct bridge *bridge,
		 const struct port_spec *spec, struct netns *namespace,
		 struct sealed_port *port)
{
	int result;

	port->failed_step = ORDER_PORT_NAME;
	result = make_pair(outer, bridge, spec, namespace->namespace_fd, port);
	if (result < 0)
		return result;
	result = build_forwarding(outer, bridge, spec, namespace, port);
	if (result < 0)
		remove_pair(outer, port->ifindex);
	return result;
}

int sealed_port_make(struct netlink *outer, const struct bridge *bridge,
		     const struct port_spec *spec, struct netns *namespace,
		     struct sealed_port *port_out)
{
	enum order_port_step step;
	int result;

	*port_out = (struct sealed_port){ .queues = 0 };
	result = netns_finish(namespace, &step);
	port_out->failed_step = step;
	if (result == 0)
		result = build(outer, bridge, spec, namespace, port_out);
	for (unsigned i = 0; i < spec->queues && result == 0; i++) {
		port_out->fds[i] = namespace->tun_fds[i];
		namespace->tun_fds[i] = -1;
		port_out->queues++;
	}
	return result;
}
