/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why a TAP could not be made: sentences for the person. */
#include <errno.h>
#include <string.h>

#include "judge/kind/bridge/work.h"

const char *tap_bridge_name(const struct tap_work *work)
{
	return grant_request(work->grant)->bridge;
}

enum reply_code tap_refuse_step(const struct tap_work *work, const char *step, int error,
				struct refusal *why)
{
	const char *explanation = work->netlink != NULL ? netlink_explanation(work->netlink) : "";

	return refuse(why, REPLY_INTERNAL, "bridge %s: %s: %s%s%s%s", tap_bridge_name(work), step,
		      strerror(-error), explanation[0] != '\0' ? " (" : "", explanation,
		      explanation[0] != '\0' ? ")" : "");
}

static enum reply_code refuse_full(const struct tap_work *work, struct refusal *why)
{
	const char *user = grant_caller(work->grant)->name;
	unsigned quota = grant_options(work->grant)->quota;

	if (quota == 0)
		return refuse(why, REPLY_QUOTA,
			      "bridge %s: user %s has %u interfaces there: stop one first",
			      tap_bridge_name(work), user, PORT_SLOTS);
	return refuse(why, REPLY_QUOTA,
		      "bridge %s: user %s has used up the quota of %u interface%s there: stop a "
		      "virtual machine first",
		      tap_bridge_name(work), user, quota, quota == 1 ? "" : "s");
}

static enum reply_code refuse_tun(const struct tap_work *work, int error, struct refusal *why)
{
	return refuse(why, REPLY_INTERNAL,
		      "bridge %s: cannot open /dev/net/tun: %s: ask the administrator for "
		      "'modprobe tun', and for mode 0666 as systemd gives it",
		      tap_bridge_name(work), strerror(-error));
}

/* By whom it is used is not the user's to know. */
static enum reply_code refuse_address(const struct tap_work *work, struct refusal *why)
{
	const unsigned char *mac = grant_request(work->grant)->guest_mac;

	return refuse(why, REPLY_OBJECT,
		      "bridge %s: the address %02x:%02x:%02x:%02x:%02x:%02x is in use there, and "
		      "the rule locks the guest to its own: ask for another one with mac=",
		      tap_bridge_name(work), mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

enum reply_code tap_refuse_vlan(const struct tap_work *work, struct refusal *why)
{
	unsigned vlan = grant_options(work->grant)->vlan;

	if (work->bridge.vlans == BRIDGE_VLANS_UNKNOWN)
		return refuse(why, REPLY_UNSUPPORTED,
			      "bridge %s: the rule demands vlan=%u, and bridges of this kernel know no "
			      "VLANs: ask the administrator for another rule, or another kernel",
			      tap_bridge_name(work), vlan);
	return refuse(why, REPLY_UNSUPPORTED,
		      "bridge %s: the rule demands vlan=%u, and the bridge does not keep VLANs "
		      "apart: ask the administrator for 'ip link set %s type bridge vlan_filtering 1'",
		      tap_bridge_name(work), vlan, tap_bridge_name(work));
}

/* What went wrong with the port itself, whichever of the two kinds it is. */
static enum reply_code refuse_port(const struct tap_work *work, int error, struct refusal *why)
{
	if (error == -EXFULL)
		return refuse(why, REPLY_OBJECT,
			      "bridge %s: has as many ports as a bridge can have: ask the "
			      "administrator for another one",
			      tap_bridge_name(work));
	if (error == -EEXIST && work->spec.setup.guest_mac != NULL)
		return refuse_address(work, why);
	if (error == -EOPNOTSUPP && work->spec.setup.guest_mac != NULL)
		return refuse(why, REPLY_UNSUPPORTED,
			      "bridge %s: the rule demands lock-mac, which needs Linux 5.18 or newer: "
			      "ask the administrator for a rule without it",
			      tap_bridge_name(work));
	if (error == -ESTALE || error == -ENODEV)
		return refuse(why, REPLY_OBJECT,
			      "bridge %s: was changed while the port was made: try again",
			      tap_bridge_name(work));
	return tap_refuse_step(work, "cannot set up the port", error, why);
}

enum reply_code tap_refuse_direct(const struct tap_work *work, enum direct_step step, int error,
				  struct refusal *why)
{
	if (step == DIRECT_OPEN_TUN)
		return refuse_tun(work, error, why);
	if (step == DIRECT_NAME)
		return error == -EBUSY ? refuse_full(work, why)
				       : tap_refuse_step(work, "cannot make a TAP", error, why);
	return refuse_port(work, error, why);
}

enum reply_code tap_refuse_sealed(const struct tap_work *work, enum sealed_step step, int error,
				  struct refusal *why)
{
	switch (step) {
	case SEALED_OPEN_TUN:
		return refuse_tun(work, error, why);
	case SEALED_NAMESPACE:
		return refuse(why, REPLY_INTERNAL,
			      "bridge %s: cannot make a network namespace: %s: ask the administrator to "
			      "allow user namespaces, or for port=direct in the rule",
			      tap_bridge_name(work), strerror(-error));
	case SEALED_NAME:
		return error == -EEXIST ? refuse_full(work, why)
					: tap_refuse_step(work, "cannot make a veth pair", error, why);
	case SEALED_PORT:
		return refuse_port(work, error, why);
	case SEALED_FORWARDING:
		return tap_refuse_step(work, "cannot join TAP and bridge", error, why);
	default:
		return tap_refuse_step(work, "cannot make a TAP", error, why);
	}
}
