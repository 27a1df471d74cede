/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A TAP on a bridge: the row of the table, and the order. */
#include "judge/kind/kind.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "judge/acl-verdict.h"
#include "judge/kind/bridge/links.h"
#include "judge/kind/bridge/refusals.h"
#include "judge/kind/bridge/rules.h"
#include "wire/port/mac.h"
#include "wire/port/slots.h"

#define TAKEN_ATTEMPTS 25
#define TAKEN_PAUSE_NS 20000000L
#define QUIET_LOOKS 5

/* ---- the request ---- */

static enum reply_code decode(const struct protocol_request *message, struct request *request,
			      struct refusal *why)
{
	const struct protocol_tap_request *tap = &message->tap;

	request->queues = tap->queues;
	if ((tap->flags & PROTOCOL_TAP_VNET_HEADER) != 0)
		request->vnet_header = VNET_HEADER_ON;
	if ((tap->flags & PROTOCOL_TAP_VHOST) != 0)
		request->vhost = VHOST_ON;
	request->has_mac = (tap->flags & PROTOCOL_TAP_MAC) != 0;
	memcpy(request->guest_mac, tap->mac, sizeof request->guest_mac);
	if (!acl_bridge_name_valid(tap->bridge))
		return refuse(why, REPLY_USAGE, "bridge %s: not a bridge name", tap->bridge);
	memcpy(request->bridge, tap->bridge, sizeof request->bridge);
	if (tap->queues < 1 || tap->queues > REQUEST_QUEUES_MAX)
		return refuse(why, REPLY_USAGE, "bridge %s: %u queues: 1 to %u are possible",
			      tap->bridge, tap->queues, REQUEST_QUEUES_MAX);
	if (request->has_mac && !mac_is_usable(request->guest_mac))
		return refuse(why, REPLY_USAGE,
			      "bridge %s: the guest's address is none, or a multicast address",
			      tap->bridge);
	return REPLY_GRANTED;
}

static void describe(const struct request *request, char text[REQUEST_TEXT_SIZE])
{
	(void)snprintf(text, REQUEST_TEXT_SIZE, "bridge %s", request->bridge);
}

/* ---- may it be had? ---- */

static enum reply_code judge(struct matter *matter, struct refusal *why)
{
	const struct acl_object bridge = { .kind = ACL_KIND_BRIDGE,
					   .bridge = matter->request->bridge };
	enum reply_code code = judge_object(matter->request, &bridge, &matter->session->caller,
					    &matter->session->policy, &matter->rule, why);

	if (code != REPLY_GRANTED)
		return code;
	matter->options = matter->rule->options;
	return tap_rules_check_rule(matter->request, &matter->options, why);
}

static enum reply_code check(const struct matter *matter, struct refusal *why)
{
	return tap_rules_check_request(matter->request, &matter->options, why);
}

static void add_details(const struct matter *matter, struct polkit_question *question)
{
	char queues[16];

	(void)snprintf(queues, sizeof queues, "%u", matter->request->queues);
	polkit_question_add(question, "bridge", matter->request->bridge);
	polkit_question_add(question, "queues", queues);
}

/* ---- the bridge as it is ---- */

/* Find it, and whether it can keep what the rule promises. */
static enum reply_code look(const struct matter *matter, struct bridge_view *view,
			    struct refusal *why)
{
	int result = links_look(&matter->session->links, matter->request->bridge,
				matter->session->caller.uid, view);

	if (result < 0)
		return refuse_look(matter, result, "", why);
	if (matter->options.vlan != 0 && view->vlans != LINKS_VLANS_KEPT)
		return refuse_vlan(matter, view->vlans, why);
	return REPLY_GRANTED;
}

/* ---- the offer ---- */

static unsigned flags_offered(const struct acl_options *options)
{
	return PROTOCOL_PORT_VNET_HEADER |
	       (options->port_direct ? 0u : PROTOCOL_PORT_SEALED) |
	       (options->isolated ? PROTOCOL_PORT_ISOLATED : 0u) |
	       (options->lock_mac ? PROTOCOL_PORT_LOCK_MAC : 0u) |
	       (options->vhost ? PROTOCOL_PORT_VHOST : 0u) |
	       (options->polkit_skip ? 0u : PROTOCOL_PORT_POLKIT);
}

static enum reply_code offer(struct matter *matter, struct handover *handover, struct refusal *why)
{
	const struct acl_options *options = &matter->options;
	struct protocol_reply *reply = &handover->reply;
	struct bridge_view view;
	enum reply_code code = look(matter, &view, why);
	unsigned queues = options->queues != 0 && !options->port_direct ? options->queues : 1;

	if (code != REPLY_GRANTED)
		return code;
	reply->flags = flags_offered(options);
	reply->mtu_bytes = view.mtu_bytes;
	reply->queues = (uint16_t)(queues < REQUEST_QUEUES_MAX ? queues : REQUEST_QUEUES_MAX);
	reply->quota = options->quota;
	reply->quota_used = port_slots_count(&view.slots);
	reply->vlan = (uint16_t)options->vlan;
	return REPLY_GRANTED;
}

/* ---- the order ---- */

/*
 * qemu-bridge-helper's users know a direct port; everybody else gets a sealed one.
 * So does a drop-in request whose guest is locked to its address: the holder of a
 * direct port could take other guests' addresses by changing that of the TAP itself.
 */
static int wants_direct(const struct matter *matter)
{
	return matter->options.port_direct ||
	       (matter->request->origin == REQUEST_DROP_IN && !matter->options.lock_mac);
}

/* Without a quota all of them, beginning anywhere: no user tries hundreds of names. */
static enum reply_code choose_any(const struct matter *matter, struct order_port *port,
				  struct refusal *why)
{
	unsigned first;

	if (getrandom(&first, sizeof first, 0) != (ssize_t)sizeof first)
		return refuse(why, REPLY_INTERNAL, "bridge %s: no random number: %s",
			      matter->request->bridge, strerror(errno));
	port->slot_first = (uint16_t)(first % PORT_SLOTS);
	port->slot_count = PORT_SLOTS;
	return REPLY_GRANTED;
}

/*
 * Under a quota the lowest ones, as many as it leaves. The kernel refuses a name that is
 * taken, so that this is exact with any number of requests at once; that it is looked at
 * here as well keeps what can only be refused from making a namespace first.
 */
static int choose_under(unsigned quota, const struct port_slots *slots, struct order_port *port)
{
	port->slot_count = (uint16_t)port_slots_bound(slots, quota);
	return port_slots_count(slots) < quota && port->slot_count > 0;
}

/*
 * The kernel clears a sealed port's namespace away in the background, so its name stays
 * taken for some 60 ms after the last fd has closed. Whoever stops a virtual machine and
 * starts it again must not meet his own quota: it is full when no port has been going for
 * a while. So long the kernel may still hold the namespace of a port that has just been made.
 */
static int is_worth_waiting(const struct matter *matter, const struct bridge_view *view,
			    int attempt, int *quiet)
{
	*quiet = links_are_going(&matter->session->links, view) == 1 ? 0 : *quiet + 1;
	return view->sealed_count > 0 && attempt < TAKEN_ATTEMPTS && *quiet < QUIET_LOOKS;
}

static enum reply_code choose_slots(const struct matter *matter, struct order_port *port,
				    struct refusal *why)
{
	const struct timespec pause = { .tv_nsec = TAKEN_PAUSE_NS };
	const unsigned quota = matter->options.quota;
	struct bridge_view view;
	enum reply_code code = REPLY_GRANTED;
	int quiet = 0;

	/* The helper finds the bridge itself: where only that counts, it is asked once. */
	if (quota != 0 || matter->options.vlan != 0)
		code = look(matter, &view, why);
	if (code == REPLY_GRANTED && quota == 0)
		return choose_any(matter, port, why);
	for (int attempt = 1; code == REPLY_GRANTED; attempt++) {
		if (choose_under(quota, &view.slots, port))
			return REPLY_GRANTED;
		if (!is_worth_waiting(matter, &view, attempt, &quiet))
			return refuse_full(matter, why);
		(void)nanosleep(&pause, NULL);
		code = look(matter, &view, why);
	}
	return code;
}

static uint32_t flags_ordered(const struct matter *matter)
{
	const struct request *request = matter->request;

	return (wants_direct(matter) ? 0u : ORDER_PORT_SEALED) |
	       (request->vnet_header == VNET_HEADER_ON ? ORDER_PORT_VNET_HEADER : 0u) |
	       (matter->options.isolated ? ORDER_PORT_ISOLATED : 0u) |
	       (matter->options.lock_mac ? ORDER_PORT_LOCK_MAC : 0u) |
	       (request->vhost == VHOST_ON ? ORDER_PORT_VHOST : 0u) |
	       (request->origin == REQUEST_DROP_IN ? ORDER_PORT_DELIVER : 0u);
}

static enum reply_code fill_order(const struct matter *matter, struct order_port *port,
				  struct refusal *why)
{
	const struct request *request = matter->request;
	enum reply_code code = choose_slots(matter, port, why);

	if (code != REPLY_GRANTED)
		return code;
	port->flags = flags_ordered(matter);
	memcpy(port->bridge, request->bridge, strlen(request->bridge));
	port->queues = (uint16_t)request->queues;
	port->vlan = (uint16_t)matter->options.vlan;
	if (matter->options.lock_mac)
		memcpy(port->mac, request->guest_mac, sizeof port->mac);
	matter_words(matter, &port->words);
	port->judged_ms = matter->judged_ms;
	return REPLY_GRANTED;
}

static void fill_reply(const struct matter *matter, const struct answer_port *port,
		       struct protocol_reply *reply)
{
	const struct acl_options *options = &matter->options;

	reply->flags = (wants_direct(matter) ? 0u : PROTOCOL_PORT_SEALED) |
		       (matter->request->vnet_header == VNET_HEADER_ON ? PROTOCOL_PORT_VNET_HEADER
								       : 0u) |
		       (options->isolated ? PROTOCOL_PORT_ISOLATED : 0u) |
		       (options->lock_mac ? PROTOCOL_PORT_LOCK_MAC : 0u);
	reply->mtu_bytes = port->mtu_bytes;
	reply->queues = (uint16_t)port->queues;
	reply->vhost_count = (uint16_t)port->vhost_count;
	reply->vlan = (uint16_t)options->vlan;
	memcpy(reply->port, port->port_name, sizeof reply->port);
	memcpy(reply->tap, port->port_name, sizeof reply->tap);
}

/* Other requests of the user's were faster; a port of his may be going all the same. */
static int is_overtaken(const struct matter *matter, const struct answer *answer, int result)
{
	return result == -EEXIST && answer->step == ORDER_PORT_NAME && matter->options.quota != 0;
}

/* A drop-in's TAP is handed over by the helper, which leaves with that: no answer comes. */
static enum reply_code perform(struct matter *matter, struct handover *handover,
			       struct refusal *why)
{
	struct order order = { .type = ORDER_PORT };
	struct delivery delivery;
	int result, attempt = 0;

	do {
		enum reply_code code = fill_order(matter, &order.port, why);

		if (code != REPLY_GRANTED)
			return code;
		result = orders_call(&matter->session->orders, &order, &delivery);
	} while (is_overtaken(matter, &delivery.answer, result) && ++attempt < TAKEN_ATTEMPTS);
	if (result < 0)
		return refuse_port(matter, &delivery.answer, result, why);
	fill_reply(matter, &delivery.answer.port, &handover->reply);
	memcpy(handover->fds, delivery.files.fds, delivery.files.count * sizeof handover->fds[0]);
	handover->fd_count = delivery.files.count;
	return REPLY_GRANTED;
}

/* vhost-net's node, and for direct ports that of TAPs, may be closed to the account. */
static unsigned rights_of(const struct acl_rule *rule)
{
	return rule->options.vhost || rule->options.port_direct ? ORDER_RIGHT_NODES : 0;
}

const struct kind kind_bridge = {
	.kind = ACL_KIND_BRIDGE,
	.messages = 1u << PROTOCOL_TAP | 1u << PROTOCOL_QUERY,
	.action = "org.vmgrant.tap",
	.rights = ORDER_RIGHT_PORTS,
	.rights_of = rights_of,
	.decode = decode,
	.describe = describe,
	.judge = judge,
	.check = check,
	.add_details = add_details,
	.offer = offer,
	.perform = perform,
};
