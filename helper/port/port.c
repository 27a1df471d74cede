/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A port on a bridge, as an order wants it. */
#include "helper/port/port.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "helper/port/direct.h"
#include "helper/port/port-alias.h"
#include "helper/port/sealed.h"
#include "helper/privileges.h"

_Static_assert(ORDER_SLOTS == PORT_SLOTS, "same number");
_Static_assert(sizeof((struct answer_bridge *)0)->slots == sizeof(struct port_slots), "same bits");
_Static_assert((int)ORDER_VLANS_KEPT == (int)BRIDGE_VLANS_KEPT, "same numbers");

/* The kernel checks the opener of a netlink socket as well as the sender. */
static int open_netlink(struct port_maker *maker)
{
	int result;

	if (maker->netlink != NULL)
		return 0;
	result = privileges_raise(ORDER_RIGHT_PORTS);
	if (result == 0)
		result = netlink_open(&maker->netlink);
	privileges_lower();
	return result;
}

const char *port_explanation(const struct port_maker *maker)
{
	return maker->netlink != NULL ? netlink_explanation(maker->netlink) : "";
}

void port_forget(struct port_maker *maker)
{
	netlink_close(maker->netlink);
	maker->netlink = NULL;
}

/* ---- looking ---- */

int port_look(struct port_maker *maker, const struct order_bridge *order,
	      struct answer_bridge *answer_out)
{
	struct bridge bridge;
	int result = open_netlink(maker);

	if (result == 0)
		result = netlink_find_bridge(maker->netlink, order->bridge, &bridge);
	if (result == 0 && (order->flags & ORDER_BRIDGE_VLANS) != 0)
		result = netlink_read_vlans(maker->netlink, &bridge);
	if (result == 0 && (order->flags & ORDER_BRIDGE_SLOTS) != 0) {
		struct port_slots slots;

		result = netlink_read_slots(maker->netlink, &bridge, maker->owner, &slots);
		if (result == 0)
			memcpy(answer_out->slots, slots.words, sizeof answer_out->slots);
	}
	if (result < 0)
		return result;
	answer_out->ifindex = bridge.ifindex;
	answer_out->mtu_bytes = bridge.mtu_bytes;
	answer_out->vlans = bridge.vlans;
	answer_out->default_vlan = bridge.default_vlan;
	return 0;
}

/* ---- making ---- */

struct work {
	const struct order_port *order;
	struct bridge bridge;
	struct port_spec spec;
	char alias[PORT_ALIAS_SIZE];
};

/* The very bridge that was judged, found by its name as it was then. */
static int find_bridge(struct port_maker *maker, struct work *work)
{
	int result = netlink_find_bridge(maker->netlink, work->order->bridge, &work->bridge);

	if (result == 0 && work->bridge.ifindex != work->order->ifindex)
		return -ESTALE;
	if (result == 0 && work->order->vlan != 0)
		result = netlink_read_vlans(maker->netlink, &work->bridge);
	if (result == 0 && work->order->vlan != 0 && work->bridge.vlans != BRIDGE_VLANS_KEPT)
		return -ESTALE;
	return result;
}

/* What is needed to make the port again is said by its alias. */
static void format_alias(struct work *work, uid_t owner)
{
	const struct order_port *order = work->order;
	struct port_alias alias = {
		.uid = owner,
		.isolated = (order->flags & ORDER_PORT_ISOLATED) != 0,
		.is_locked = (order->flags & ORDER_PORT_LOCK_MAC) != 0,
		.vlan = order->vlan,
	};

	memcpy(alias.bridge, work->bridge.name, sizeof alias.bridge);
	memcpy(alias.guest_mac, order->mac, sizeof alias.guest_mac);
	port_alias_format(order->words.user, &alias, work->alias);
}

static void fill_spec(struct work *work, uid_t owner)
{
	const struct order_port *order = work->order;
	struct port_setup *setup = &work->spec.setup;

	format_alias(work, owner);
	setup->alias = work->alias;
	setup->mtu_bytes = work->bridge.mtu_bytes;
	setup->isolated = (order->flags & ORDER_PORT_ISOLATED) != 0;
	setup->guest_mac = (order->flags & ORDER_PORT_LOCK_MAC) != 0 ? order->mac : NULL;
	setup->vlan = order->vlan;
	work->spec.owner = owner;
	work->spec.queues = order->queues;
	work->spec.flags = order->flags;
	work->spec.slot_first = order->slot_first;
	work->spec.slot_count = order->slot_count;
}

static int make_direct(struct port_maker *maker, const struct work *work, int *fds, char *name,
		       enum order_port_step *step)
{
	struct direct_port made;
	int tun_fd = maker->tun_fd, result;

	maker->tun_fd = -1;
	result = direct_port_make(maker->netlink, tun_fd, &work->bridge, &work->spec, &made);
	*step = made.failed_step;
	fds[0] = made.fd;
	memcpy(name, made.name, PORT_NAME_SIZE);
	return result;
}

static int make_sealed(const struct port_maker *maker, const struct work *work, int *fds,
		       char *name, enum order_port_step *step)
{
	struct sealed_port made;
	struct netns namespace;
	int result = netns_start(work->order->queues, &namespace);

	*step = ORDER_PORT_FORK;
	if (result < 0)
		return result;
	result = sealed_port_make(maker->netlink, &work->bridge, &work->spec, &namespace, &made);
	netns_close(&namespace);
	*step = made.failed_step;
	memcpy(fds, made.fds, made.queues * sizeof made.fds[0]);
	memcpy(name, made.name, PORT_NAME_SIZE);
	return result;
}

/* One for each queue. The node may stay closed to users. */
static int open_vhost(int *fds, unsigned count, uint32_t *opened_out)
{
	for (*opened_out = 0; *opened_out < count; ++*opened_out) {
		int result = privileges_raise(ORDER_RIGHT_NODES);
		int fd = result == 0 ? open("/dev/vhost-net", O_RDWR | O_CLOEXEC) : -1;

		if (result == 0 && fd < 0)
			result = -errno;
		privileges_lower();
		if (result < 0)
			return result;
		fds[*opened_out] = fd;
	}
	return 0;
}

static void close_all(int *fds, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		close(fds[i]);
}

static int make(struct port_maker *maker, struct work *work, int *fds, struct answer_port *answer,
		enum order_port_step *step)
{
	const struct order_port *order = work->order;
	int result = (order->flags & ORDER_PORT_SEALED) != 0
			     ? make_sealed(maker, work, fds, answer->port_name, step)
			     : make_direct(maker, work, fds, answer->port_name, step);

	if (result < 0)
		return result;
	/* A sealed port's TAP bears the same name, in its own namespace. */
	memcpy(answer->tap_name, answer->port_name, sizeof answer->tap_name);
	answer->queues = order->queues;
	answer->mtu_bytes = work->bridge.mtu_bytes;
	if ((order->flags & ORDER_PORT_VHOST) == 0)
		return 0;
	*step = ORDER_PORT_OPEN_VHOST;
	result = open_vhost(fds + order->queues, order->queues, &answer->vhost_count);
	if (result < 0)
		close_all(fds, order->queues + answer->vhost_count);
	return result;
}

int port_make(struct port_maker *maker, const struct order_port *order, int fds_out[FD_PASS_MAX],
	      struct answer_port *answer_out, enum order_port_step *step_out)
{
	struct work work = { .order = order };
	int result = open_netlink(maker);

	*step_out = ORDER_PORT_FOUND;
	if (result == 0)
		result = find_bridge(maker, &work);
	if (result < 0)
		return result;
	fill_spec(&work, maker->owner);
	return make(maker, &work, fds_out, answer_out, step_out);
}
