/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Perform a granted request for a TAP on a bridge. */
#include "judge/kind/bridge/bridge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "helper/privileges.h"
#include "judge/kind/bridge/work.h"
#include "wire/protocol.h"

/* ---- finding out ---- */

/* The kernel checks the opener of a netlink socket as well as the sender. */
static enum reply_code open_netlink(struct tap_work *work, struct refusal *why)
{
	int result;

	if (work->netlink != NULL)
		return REPLY_GRANTED;
	result = privileges_raise(PRIVILEGE_NET_ADMIN);
	if (result == 0)
		result = netlink_open(&work->netlink);
	privileges_lower();
	return result == 0 ? REPLY_GRANTED
			   : tap_refuse_step(work, "cannot open netlink", result, why);
}

/* Find it, and whether it can keep what the rule promises. */
static enum reply_code find_bridge(struct tap_work *work, struct refusal *why)
{
	int result = netlink_find_bridge(work->netlink, tap_bridge_name(work), &work->bridge);

	if (result == -ENODEV)
		return refuse(why, REPLY_OBJECT,
			      "bridge %s: there is no bridge of that name here: ask the "
			      "administrator to create it, or use another one",
			      tap_bridge_name(work));
	if (result == -ENOTSUP)
		return refuse(why, REPLY_OBJECT,
			      "bridge %s: this interface is not a bridge: use the name of a bridge",
			      tap_bridge_name(work));
	if (result == 0 && grant_options(work->grant)->vlan != 0) {
		result = netlink_read_vlans(work->netlink, &work->bridge);
		if (result == 0 && work->bridge.vlans != BRIDGE_VLANS_KEPT)
			return tap_refuse_vlan(work, why);
	}
	return result == 0 ? REPLY_GRANTED
			   : tap_refuse_step(work, "cannot look up the bridge", result, why);
}

static enum reply_code read_slots(const struct tap_work *work, struct port_slots *slots,
				  struct refusal *why)
{
	int result = netlink_read_slots(work->netlink, &work->bridge,
					grant_caller(work->grant)->uid, slots);

	return result == 0 ? REPLY_GRANTED
			   : tap_refuse_step(work, "cannot list the ports of the bridge", result,
					     why);
}

/*
 * Which slots a new interface may take. Under a quota the lowest ones, as many
 * as it leaves; else all of them, beginning anywhere, so that a user with
 * hundreds of interfaces does not try hundreds of names.
 */
static enum reply_code reserve_slots(struct tap_work *work, struct refusal *why)
{
	unsigned quota = grant_options(work->grant)->quota;
	struct port_slots slots;
	enum reply_code code;

	work->spec.slot_count = PORT_SLOTS;
	if (quota == 0) {
		if (getrandom(&work->spec.slot_first, sizeof work->spec.slot_first, 0) < 0)
			return tap_refuse_step(work, "no random number", -errno, why);
		return REPLY_GRANTED;
	}
	code = read_slots(work, &slots, why);
	if (code == REPLY_GRANTED)
		work->spec.slot_count = port_slots_bound(&slots, quota);
	return code;
}

/* ---- making ---- */

/* What is needed to make the port again is said by its alias. */
static void format_alias(struct tap_work *work)
{
	const struct port_setup *setup = &work->spec.setup;
	struct port_alias alias = {
		.uid = grant_caller(work->grant)->uid,
		.isolated = setup->isolated,
		.is_locked = setup->guest_mac != NULL,
		.vlan = setup->vlan,
	};

	memcpy(alias.bridge, work->bridge.name, sizeof alias.bridge);
	if (setup->guest_mac != NULL)
		memcpy(alias.guest_mac, setup->guest_mac, sizeof alias.guest_mac);
	port_alias_format(grant_caller(work->grant)->name, &alias, work->alias);
}

static enum reply_code fill_spec(struct tap_work *work, struct refusal *why)
{
	const struct request *request = grant_request(work->grant);
	const struct acl_options *options = grant_options(work->grant);
	const struct caller *caller = grant_caller(work->grant);
	struct port_setup *setup = &work->spec.setup;

	setup->mtu_bytes = work->bridge.mtu_bytes;
	setup->isolated = options->isolated;
	setup->guest_mac = options->lock_mac ? request->guest_mac : NULL;
	setup->vlan = options->vlan;
	format_alias(work);
	setup->alias = work->alias;
	work->spec.owner = caller->uid;
	work->spec.queues = request->queues;
	work->spec.vnet_header = request->vnet_header;
	return reserve_slots(work, why);
}

static enum reply_code make_direct(const struct tap_work *work, struct tap_port *port,
				   struct refusal *why)
{
	struct direct_port made;
	int result = direct_port_make(work->netlink, &work->bridge, &work->spec, &made);

	if (result < 0)
		return tap_refuse_direct(work, made.failed_step, result, why);
	port->fds[0] = made.fd;
	memcpy(port->port_name, made.name, sizeof port->port_name);
	port->queue_count = 1;
	return REPLY_GRANTED;
}

static enum reply_code make_sealed(struct tap_work *work, struct tap_port *port,
				   struct refusal *why)
{
	struct sealed_port made;
	int result = sealed_port_make(work->netlink, &work->bridge, &work->spec,
				      &work->namespace, &made);

	if (result < 0)
		return tap_refuse_sealed(work, made.failed_step, result, why);
	memcpy(port->fds, made.fds, made.queues * sizeof made.fds[0]);
	memcpy(port->port_name, made.name, sizeof port->port_name);
	port->queue_count = made.queues;
	port->flags |= PROTOCOL_PORT_SEALED;
	return REPLY_GRANTED;
}

/*
 * qemu-bridge-helper's users know a direct port; everybody else gets a sealed one.
 * So does a drop-in request whose guest is locked to its address: the holder of a
 * direct port could take other guests' addresses by changing that of the TAP itself.
 */
static int wants_direct(const struct grant *grant)
{
	const struct acl_options *options = grant_options(grant);

	return options->port_direct ||
	       (grant_request(grant)->origin == REQUEST_DROP_IN && !options->lock_mac);
}

/* One for each queue. The node may stay closed to users. */
static enum reply_code open_vhost(const struct tap_work *work, struct tap_port *port,
				  struct refusal *why)
{
	while (port->vhost_count < port->queue_count) {
		int result = privileges_raise(PRIVILEGE_OPEN);
		int fd = result == 0 ? open("/dev/vhost-net", O_RDWR | O_CLOEXEC) : -1;

		if (result == 0 && fd < 0)
			result = -errno;
		privileges_lower();
		if (result < 0)
			return refuse(why, REPLY_OBJECT,
				      "bridge %s: cannot open /dev/vhost-net: %s: ask without vhost, or "
				      "the administrator for 'modprobe vhost_net'",
				      tap_bridge_name(work), strerror(-result));
		port->fds[port->queue_count + port->vhost_count++] = fd;
	}
	return REPLY_GRANTED;
}

static enum reply_code make(struct tap_work *work, struct tap_port *port, struct refusal *why)
{
	const struct request *request = grant_request(work->grant);
	enum reply_code code = fill_spec(work, why);

	if (code == REPLY_GRANTED)
		code = wants_direct(work->grant) ? make_direct(work, port, why)
						 : make_sealed(work, port, why);
	if (code == REPLY_GRANTED && request->vhost == VHOST_ON)
		code = open_vhost(work, port, why);
	if (code != REPLY_GRANTED)
		return code;
	/* A sealed port's TAP bears the same name, in its own namespace. */
	memcpy(port->tap_name, port->port_name, sizeof port->tap_name);
	port->mtu_bytes = work->bridge.mtu_bytes;
	if (request->vnet_header == VNET_HEADER_ON)
		port->flags |= PROTOCOL_PORT_VNET_HEADER;
	if (work->spec.setup.isolated)
		port->flags |= PROTOCOL_PORT_ISOLATED;
	if (work->spec.setup.guest_mac != NULL)
		port->flags |= PROTOCOL_PORT_LOCK_MAC;
	port->vlan = work->spec.setup.vlan;
	return REPLY_GRANTED;
}

/* Find out, and make. */
static enum reply_code build_port(struct tap_work *work, struct tap_port *port, struct refusal *why)
{
	enum reply_code code = open_netlink(work, why);

	if (code == REPLY_GRANTED)
		code = find_bridge(work, why);
	if (code == REPLY_GRANTED)
		code = make(work, port, why);
	if (code != REPLY_GRANTED) {
		netlink_close(work->netlink);
		work->netlink = NULL;
		tap_close(port);
	}
	return code;
}

static enum reply_code make_either(struct tap_work *work, struct tap_port *port,
				   struct refusal *why)
{
	enum reply_code code;
	int result;

	if (wants_direct(work->grant))
		return build_port(work, port, why);
	/* First of all, since it takes longest and nothing has to be known for it. */
	result = netns_start(grant_request(work->grant)->queues, &work->namespace);
	if (result < 0)
		return tap_refuse_sealed(work, SEALED_FORK, result, why);
	code = build_port(work, port, why);
	netns_close(&work->namespace);
	return code;
}

enum reply_code tap_make(const struct grant *grant, struct netlink **netlink,
			 struct tap_port *port_out, struct refusal *why)
{
	struct tap_work work = { .grant = grant, .netlink = *netlink };
	enum reply_code code;

	*port_out = (struct tap_port){ .queue_count = 0 };
	code = make_either(&work, port_out, why);
	*netlink = work.netlink;
	return code;
}

void tap_close(struct tap_port *port)
{
	for (unsigned i = 0; i < port->queue_count + port->vhost_count; i++)
		close(port->fds[i]);
	port->queue_count = port->vhost_count = 0;
}

/* ---- offering ---- */

static void describe_options(const struct acl_options *options, struct tap_offer *offer)
{
	offer->queues = options->queues != 0 && !options->port_direct ? options->queues : 1;
	if (offer->queues > REQUEST_QUEUES_MAX)
		offer->queues = REQUEST_QUEUES_MAX;
	offer->quota = options->quota;
	offer->vlan = options->vlan;
	offer->flags = PROTOCOL_PORT_VNET_HEADER;
	offer->flags |= options->port_direct ? 0 : PROTOCOL_PORT_SEALED;
	offer->flags |= options->isolated ? PROTOCOL_PORT_ISOLATED : 0;
	offer->flags |= options->lock_mac ? PROTOCOL_PORT_LOCK_MAC : 0;
	offer->flags |= options->vhost ? PROTOCOL_PORT_VHOST : 0;
	offer->flags |= options->polkit_skip ? 0 : PROTOCOL_PORT_POLKIT;
}

static enum reply_code count_used(const struct tap_work *work, struct tap_offer *offer,
				  struct refusal *why)
{
	struct port_slots slots;
	enum reply_code code = read_slots(work, &slots, why);

	offer->quota_used = code == REPLY_GRANTED ? port_slots_count(&slots) : 0;
	return code;
}

enum reply_code tap_offer(const struct grant *grant, struct tap_offer *offer_out,
			  struct refusal *why)
{
	struct tap_work work = { .grant = grant };
	int result = netlink_open(&work.netlink);
	enum reply_code code = REPLY_GRANTED;

	*offer_out = (struct tap_offer){ .queues = 0 };
	if (result < 0)
		return tap_refuse_step(&work, "cannot open netlink", result, why);
	code = find_bridge(&work, why);
	if (code == REPLY_GRANTED)
		code = count_used(&work, offer_out, why);
	if (code == REPLY_GRANTED) {
		describe_options(grant_options(grant), offer_out);
		offer_out->mtu_bytes = work.bridge.mtu_bytes;
	}
	netlink_close(work.netlink);
	return code;
}
