/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Why a TAP could not be made: sentences for the person. */
#include "judge/kind/bridge/refusals.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "wire/port/slots.h"
#include "wire/process/namespace.h"

static enum reply_code refuse_files(const struct matter *matter, struct refusal *why)
{
	return refuse(why, REPLY_INTERNAL,
		      "bridge %s: too many files are open: raise the limit: ulimit -n, or "
		      "LimitNOFILE= of the service", matter->request->bridge);
}

static enum reply_code refuse_step(const struct matter *matter, const char *step, int error,
				   const char *explanation, struct refusal *why)
{
	if (error == -EMFILE || error == -ENFILE)
		return refuse_files(matter, why);
	return refuse(why, REPLY_INTERNAL, "bridge %s: %s: %s%s%s%s", matter->request->bridge, step,
		      strerror(-error), explanation[0] != '\0' ? " (" : "", explanation,
		      explanation[0] != '\0' ? ")" : "");
}

enum reply_code refuse_look(const struct matter *matter, int error, const char *explanation,
			    struct refusal *why)
{
	const char *bridge = matter->request->bridge;

	if (error == -ENODEV && namespace_is_other_network())
		return refuse(why, REPLY_OBJECT,
			      "bridge %s: there is no bridge of that name in this network namespace, "
			      "which is not the machine's: start it without PrivateNetwork=, outside "
			      "of the container, or ask the service (vmgrant run --door socket)",
			      bridge);
	if (error == -ENODEV)
		return refuse(why, REPLY_OBJECT,
			      "bridge %s: there is no bridge of that name here: ask the "
			      "administrator to create it, or use another one", bridge);
	if (error == -ENOTSUP)
		return refuse(why, REPLY_OBJECT,
			      "bridge %s: this interface is not a bridge: use the name of a bridge",
			      bridge);
	return refuse_step(matter, "cannot look up the bridge", error, explanation, why);
}

enum reply_code refuse_vlan(const struct matter *matter, enum links_vlans vlans,
			    struct refusal *why)
{
	const char *bridge = matter->request->bridge;
	unsigned vlan = matter->options.vlan;

	if (vlans == LINKS_VLANS_UNKNOWN)
		return refuse(why, REPLY_UNSUPPORTED,
			      "bridge %s: the rule demands vlan=%u, and bridges of this kernel know no "
			      "VLANs: ask the administrator for another rule, or another kernel",
			      bridge, vlan);
	return refuse(why, REPLY_UNSUPPORTED,
		      "bridge %s: the rule demands vlan=%u, and the bridge does not keep VLANs "
		      "apart: ask the administrator for 'ip link set %s type bridge vlan_filtering 1'",
		      bridge, vlan, bridge);
}

enum reply_code refuse_full(const struct matter *matter, struct refusal *why)
{
	const char *bridge = matter->request->bridge, *user = matter->session->caller.name;
	unsigned quota = matter->options.quota;

	if (quota == 0)
		return refuse(why, REPLY_QUOTA,
			      "bridge %s: user %s has %u interfaces there: stop one first", bridge, user,
			      PORT_SLOTS);
	return refuse(why, REPLY_QUOTA,
		      "bridge %s: user %s has used up the quota of %u interface%s there: stop a "
		      "virtual machine first", bridge, user, quota, quota == 1 ? "" : "s");
}

static enum reply_code refuse_changed(const struct matter *matter, struct refusal *why)
{
	return refuse(why, REPLY_OBJECT, "bridge %s: was changed while the port was made: try again",
		      matter->request->bridge);
}

/* Do not reveal who uses it. */
static enum reply_code refuse_address(const struct matter *matter, struct refusal *why)
{
	const unsigned char *mac = matter->request->guest_mac;

	return refuse(why, REPLY_OBJECT,
		      "bridge %s: the address %02x:%02x:%02x:%02x:%02x:%02x is in use there, and "
		      "the rule locks the guest to its own: ask for another one with mac=",
		      matter->request->bridge, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

/* What went wrong with the port itself, whichever of the two kinds it is. */
static enum reply_code refuse_join(const struct matter *matter, const struct answer *answer,
				   int error, struct refusal *why)
{
	if (error == -EXFULL)
		return refuse(why, REPLY_OBJECT,
			      "bridge %s: has as many ports as a bridge can have: ask the "
			      "administrator for another one", matter->request->bridge);
	if (error == -EEXIST && matter->options.lock_mac)
		return refuse_address(matter, why);
	if (error == -EOPNOTSUPP && matter->options.lock_mac)
		return refuse(why, REPLY_UNSUPPORTED,
			      "bridge %s: the rule demands lock-mac, which needs Linux 5.18 or newer: "
			      "ask the administrator for a rule without it", matter->request->bridge);
	if (error == -ESTALE || error == -ENODEV)
		return refuse_changed(matter, why);
	return refuse_step(matter, "cannot set up the port", error, answer->explanation, why);
}

/* The order was not performed at all. */
static enum reply_code refuse_order(const struct matter *matter, const struct answer *answer,
				    int error, struct refusal *why)
{
	if (error == -ETIME)
		return refuse(why, REPLY_POLICY,
			      "bridge %s: the request was held up, and the policy may have changed "
			      "meanwhile: try again", matter->request->bridge);
	if (error == -ESTALE)
		return refuse_changed(matter, why);
	return refuse_look(matter, error, answer->explanation, why);
}

static enum reply_code refuse_turn(const struct matter *matter, int error, struct refusal *why)
{
	char object[REQUEST_TEXT_SIZE];

	if (error == -EBUSY)
		return refuse(why, REPLY_QUOTA,
			      "bridge %s: too many requests of user %s are under way: wait for some of "
			      "them to end", matter->request->bridge, matter->session->caller.name);
	(void)snprintf(object, sizeof object, "bridge %s", matter->request->bridge);
	return refuse_lock_file(why, object, -error);
}

static enum reply_code refuse_closed(const struct matter *matter, enum reply_code code,
				     const char *path, struct refusal *why)
{
	char object[REQUEST_TEXT_SIZE];

	(void)snprintf(object, sizeof object, "bridge %s", matter->request->bridge);
	return refuse_closed_device(why, code, object, path, path);
}

static enum reply_code refuse_tun(const struct matter *matter, int error, struct refusal *why)
{
	if (error == -EPERM)
		return refuse_closed(matter, REPLY_INTERNAL, "/dev/net/tun", why);
	return refuse(why, REPLY_INTERNAL,
		      "bridge %s: cannot open /dev/net/tun: %s: ask the administrator for "
		      "'modprobe tun', and for mode 0666 as systemd gives it",
		      matter->request->bridge, strerror(-error));
}

static enum reply_code refuse_vhost(const struct matter *matter, int error, struct refusal *why)
{
	if (error == -EPERM)
		return refuse_closed(matter, REPLY_OBJECT, "/dev/vhost-net", why);
	return refuse(why, REPLY_OBJECT,
		      "bridge %s: cannot open /dev/vhost-net: %s: ask without vhost, or the "
		      "administrator for 'modprobe vhost_net'", matter->request->bridge,
		      strerror(-error));
}

enum reply_code refuse_port(const struct matter *matter, const struct answer *answer, int error,
			    struct refusal *why)
{
	const char *bridge = matter->request->bridge, *explanation = answer->explanation;

	if (error == -EMFILE || error == -ENFILE)
		return refuse_files(matter, why);
	switch ((enum order_port_step)answer->step) {
	case ORDER_PORT_FOUND:
		return refuse_order(matter, answer, error, why);
	case ORDER_PORT_TURN:
		return refuse_turn(matter, error, why);
	case ORDER_PORT_OPEN_TUN:
		return refuse_tun(matter, error, why);
	case ORDER_PORT_NAMESPACE:
		return refuse(why, REPLY_INTERNAL,
			      "bridge %s: cannot make a network namespace: %s: ask the administrator to "
			      "allow user namespaces, or for port=direct in the rule, or at the "
			      "service for no-user-namespaces.conf", bridge, strerror(-error));
	case ORDER_PORT_NAME:
		return error == -EEXIST || error == -EBUSY
			       ? refuse_full(matter, why)
			       : refuse_step(matter, "cannot make an interface", error, explanation, why);
	case ORDER_PORT_JOIN:
		return refuse_join(matter, answer, error, why);
	case ORDER_PORT_FORWARDING:
		return refuse_step(matter, "cannot join TAP and bridge", error, explanation, why);
	case ORDER_PORT_OPEN_VHOST:
		return refuse_vhost(matter, error, why);
	case ORDER_PORT_HAND_OVER:
		return refuse(why, REPLY_CHANNEL, "bridge %s: cannot hand over the TAP: %s", bridge,
			      strerror(-error));
	default:
		return refuse_step(matter, "cannot make a TAP", error, explanation, why);
	}
}
