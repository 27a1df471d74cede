/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Perform a granted request for a TAP on a bridge. */
#include "helper/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>

#include "helper/netlink.h"
#include "helper/port-name.h"
#include "helper/privileges.h"

/* The work on one TAP; fd -1 until it is open. */
struct tap_work {
	const struct grant *grant;
	struct netlink *netlink;
	struct bridge bridge;
	unsigned slot_first, slot_count; /* which names may be tried */
	int fd;
	unsigned ifindex;
	char name[PORT_NAME_SIZE];
};

static const char *bridge_name(const struct tap_work *work)
{
	return grant_request(work->grant)->bridge;
}

/* A step that failed for a reason of the machine's. error is negative. */
static enum reply_code refuse_step(const struct tap_work *work, const char *step, int error,
				   struct refusal *why)
{
	const char *explanation = work->netlink != NULL ? netlink_explanation(work->netlink) : "";

	return refuse(why, REPLY_INTERNAL, "bridge %s: %s: %s%s%s%s", bridge_name(work), step,
		      strerror(-error), explanation[0] != '\0' ? " (" : "", explanation,
		      explanation[0] != '\0' ? ")" : "");
}

/* The kernel checks the opener of a netlink socket as well as the sender. */
static enum reply_code open_netlink(struct tap_work *work, struct refusal *why)
{
	int result = privileges_raise(PRIVILEGE_NET_ADMIN);

	if (result == 0)
		result = netlink_open(&work->netlink);
	privileges_lower();
	return result == 0 ? REPLY_GRANTED : refuse_step(work, "cannot open netlink", result, why);
}

static enum reply_code find_bridge(struct tap_work *work, struct refusal *why)
{
	int result = netlink_find_bridge(work->netlink, bridge_name(work), &work->bridge);

	if (result == -ENODEV)
		return refuse(why, REPLY_OBJECT,
			      "bridge %s: there is no bridge of that name here: ask the "
			      "administrator to create it, or use another one",
			      bridge_name(work));
	if (result == -ENOTSUP)
		return refuse(why, REPLY_OBJECT,
			      "bridge %s: this interface is not a bridge: use the name of a bridge",
			      bridge_name(work));
	return result == 0 ? REPLY_GRANTED
			   : refuse_step(work, "cannot look up the bridge", result, why);
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
	int result;

	work->slot_count = PORT_SLOTS;
	if (quota == 0) {
		if (getrandom(&work->slot_first, sizeof work->slot_first, 0) < 0)
			return refuse_step(work, "no random number", -errno, why);
		return REPLY_GRANTED;
	}
	result = netlink_read_slots(work->netlink, &work->bridge,
				    grant_caller(work->grant)->uid, &slots);
	if (result < 0)
		return refuse_step(work, "cannot list the ports of the bridge", result, why);
	work->slot_count = port_slots_bound(&slots, quota);
	return REPLY_GRANTED;
}

static enum reply_code open_tun(struct tap_work *work, struct refusal *why)
{
	int result = privileges_raise(PRIVILEGE_OPEN);

	if (result == 0)
		work->fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (work->fd < 0 && result == 0)
		result = -errno;
	privileges_lower();
	if (result == 0)
		return REPLY_GRANTED;
	return refuse(why, REPLY_INTERNAL,
		      "bridge %s: cannot open /dev/net/tun: %s: ask the administrator for "
		      "'modprobe tun'",
		      bridge_name(work), strerror(-result));
}

static short wanted_flags(const struct tap_work *work, unsigned features)
{
	int flags = IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL;

	if (grant_request(work->grant)->vnet_header == VNET_HEADER_ON &&
	    (features & IFF_VNET_HDR) != 0)
		flags |= IFF_VNET_HDR;
	return (short)flags;
}

/* Take the first free name. Needs CAP_NET_ADMIN raised. 0 or -errno, -EBUSY for none. */
static int create_interface(struct tap_work *work)
{
	struct ifreq request = { 0 };
	unsigned features = 0;

	if (ioctl(work->fd, TUNGETFEATURES, &features) < 0)
		return -errno;
	for (unsigned i = 0; i < work->slot_count; i++) {
		unsigned slot = (work->slot_first + i) % PORT_SLOTS;

		port_name_format(grant_caller(work->grant)->uid, work->bridge.ifindex, slot,
				 work->name);
		memcpy(request.ifr_name, work->name, sizeof work->name);
		request.ifr_flags = wanted_flags(work, features);
		if (ioctl(work->fd, TUNSETIFF, &request) == 0)
			return 0;
		if (errno != EBUSY)
			return -errno;
	}
	return -EBUSY;
}

static enum reply_code refuse_full(const struct tap_work *work, struct refusal *why)
{
	unsigned quota = grant_options(work->grant)->quota;

	if (quota == 0)
		return refuse(why, REPLY_QUOTA, "bridge %s: user %s has %u interfaces there: stop one first",
			      bridge_name(work), grant_caller(work->grant)->name, PORT_SLOTS);
	return refuse(why, REPLY_QUOTA,
		      "bridge %s: user %s has used up the quota of %u interface%s there: stop a "
		      "virtual machine first",
		      bridge_name(work), grant_caller(work->grant)->name, quota,
		      quota == 1 ? "" : "s");
}

/*
 * The owner is set before the interface can carry a frame: one without an owner
 * can be opened by any local user.
 */
static enum reply_code create_tap(struct tap_work *work, struct refusal *why)
{
	int result = privileges_raise(PRIVILEGE_NET_ADMIN);

	if (result == 0)
		result = create_interface(work);
	privileges_lower();
	if (result == -EBUSY)
		return refuse_full(work, why);
	if (result < 0)
		return refuse_step(work, "cannot make a TAP", result, why);
	if (ioctl(work->fd, TUNSETOWNER, (unsigned long)grant_caller(work->grant)->uid) < 0)
		return refuse_step(work, "cannot set the owner of the TAP", -errno, why);
	result = netlink_find_ifindex(work->netlink, work->name, &work->ifindex);
	return result == 0 ? REPLY_GRANTED : refuse_step(work, "cannot find the TAP", result, why);
}

/*
 * A locally administered address that begins with fe: a bridge without an
 * address of its own takes the lowest one of its ports, which this never is.
 */
static int choose_mac(unsigned char mac[6])
{
	if (getrandom(mac, 6, 0) != 6)
		return -EIO;
	mac[0] = 0xfe;
	return 0;
}

static enum reply_code join_bridge(struct tap_work *work, struct refusal *why)
{
	const struct caller *caller = grant_caller(work->grant);
	char alias[128];
	struct port_setup setup = {
		.ifindex = work->ifindex,
		.mtu_bytes = work->bridge.mtu_bytes,
		.alias = alias,
		.isolated = grant_options(work->grant)->isolated,
	};
	int result = choose_mac(setup.mac);

	(void)snprintf(alias, sizeof alias, "vmgrant: user %s (uid %u) on %s", caller->name,
		       (unsigned)caller->uid, work->bridge.name);
	if (result == 0)
		result = privileges_raise(PRIVILEGE_NET_ADMIN);
	if (result == 0)
		result = netlink_set_up_port(work->netlink, &work->bridge, &setup);
	privileges_lower();
	if (result == 0)
		result = netlink_verify_port(work->netlink, &work->bridge, work->ifindex);
	if (result == -EXFULL)
		return refuse(why, REPLY_OBJECT,
			      "bridge %s: has as many ports as a bridge can have: ask the "
			      "administrator for another one",
			      bridge_name(work));
	if (result == -ESTALE || result == -ENODEV)
		return refuse(why, REPLY_OBJECT,
			      "bridge %s: was changed while the port was made: try again",
			      bridge_name(work));
	return result == 0 ? REPLY_GRANTED
			   : refuse_step(work, "cannot set up the port", result, why);
}

enum reply_code tap_make(const struct grant *grant, int *tap_fd_out, struct refusal *why)
{
	struct tap_work work = { .grant = grant, .fd = -1 };
	enum reply_code code = open_netlink(&work, why);

	if (code == REPLY_GRANTED)
		code = find_bridge(&work, why);
	if (code == REPLY_GRANTED)
		code = reserve_slots(&work, why);
	if (code == REPLY_GRANTED)
		code = open_tun(&work, why);
	if (code == REPLY_GRANTED)
		code = create_tap(&work, why);
	if (code == REPLY_GRANTED)
		code = join_bridge(&work, why);
	netlink_close(work.netlink);
	if (code != REPLY_GRANTED && work.fd >= 0) {
		close(work.fd);
		work.fd = -1;
	}
	*tap_fd_out = work.fd;
	return code;
}
