/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What a rule's options allow and demand of a TAP. Pure. */
#include "judge/kind/bridge/rules.h"

#include "wire/port/mac.h"

/*
 * Who holds a direct port can take other guests' addresses: by changing the TAP's
 * own he replaces their entries in the bridge's table, static ones as well
 * (fdb_add_local()).
 */
enum reply_code tap_rules_check_rule(const struct request *request,
				     const struct acl_options *options, struct refusal *why)
{
	if (options->lock_mac && options->port_direct)
		return refuse(why, REPLY_UNSUPPORTED,
			      "bridge %s: the rule demands lock-mac, which a direct port cannot give: "
			      "ask the administrator for a rule without port=direct, or without it",
			      request->bridge);
	return REPLY_GRANTED;
}

/*
 * A guest's address is its user's choice. Those that manufacturers give, which
 * routers and other machines have, are not among them, whether the bridge knows
 * their owners at the moment or not.
 */
static enum reply_code check_address(const struct request *request,
				     const struct acl_options *options, struct refusal *why)
{
	if (!options->lock_mac)
		return REPLY_GRANTED;
	if (!request->has_mac)
		return refuse(why, REPLY_UNSUPPORTED,
			      "bridge %s: the rule locks the guest to its address, and the request "
			      "gives none: ask with %s",
			      request->bridge,
			      request->origin == REQUEST_DROP_IN
				      ? "'vmgrant run', or give the helper --mac=ADDRESS"
				      : "mac=ADDRESS");
	if (!mac_is_local(request->guest_mac))
		return refuse(why, REPLY_DENIED,
			      "bridge %s: the rule locks the guest to its address, and the one asked "
			      "for is a manufacturer's: ask for one like 52:54:00:12:34:56",
			      request->bridge);
	return REPLY_GRANTED;
}

enum reply_code tap_rules_check_request(const struct request *request,
					const struct acl_options *options, struct refusal *why)
{
	unsigned queues = options->queues != 0 && !options->port_direct ? options->queues : 1;

	if (request->queues > queues)
		return refuse(why, REPLY_DENIED,
			      "bridge %s: %u queues are not allowed, the rule gives %u%s: ask for fewer",
			      request->bridge, request->queues, queues,
			      options->port_direct ? " (a direct port has one)" : "");
	if (request->vhost == VHOST_ON && !options->vhost)
		return refuse(why, REPLY_DENIED,
			      "bridge %s: vhost is not allowed by the rule: ask without it, or the "
			      "administrator for vhost in the rule",
			      request->bridge);
	return check_address(request, options, why);
}
