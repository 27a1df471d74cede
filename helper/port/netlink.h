/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Bridges and ports through rtnetlink.
 *
 * Only these files know netlink: netlink.c has the connection, link-read.c finds
 * bridges and reads interfaces, port-link.c sets ports up, port-limits.c has their
 * addresses and VLANs, veth.c pairs of interfaces, inside/ what is built in a sealed port's
 * namespace, and netlink-internal.h what these share.
 *
 * Everything is named by ifindex once a bridge has been found, so that what was
 * authorised and what is changed are the same interface. All functions return
 * 0 or a negative errno, with the kernel's own explanation in the netlink
 * object where it gave one.
 */
#ifndef VMGRANT_HELPER_PORT_NETLINK_H
#define VMGRANT_HELPER_PORT_NETLINK_H

#include <net/if.h>

struct netlink;

struct bridge {
	char name[IFNAMSIZ];
	unsigned ifindex;
	unsigned mtu_bytes; /* payload, as the bridge reports it */
	unsigned char port_address[6]; /* of every port of ours on it */
};

/* What a port gets before it goes up. */
struct port_setup {
	unsigned ifindex;       /* the TAP, or the outer end of a sealed port */
	unsigned mtu_bytes;
	const char *alias;         /* port_alias_format() */
	int isolated;           /* 1: frames only to ports that are not isolated */
	int is_paired;          /* 1: carries frames only when its other end is up, too */
	const unsigned char *guest_mac; /* frames only from this address; NULL: from any */
	unsigned vlan;          /* in this VLAN only, of a bridge that keeps them apart; 0: any */
};

/*
 * What takes a capability, for whoever has it not effective all the time: raised around opening
 * the connection and around sending a change, and nothing else. raise returns 0 or -errno.
 */
struct netlink_right {
	int (*raise)(void);
	void (*lower)(void);
};

/*
 * Open a connection to the network namespace of this process. The kernel judges a change by
 * the credentials of the sender and of the opener.
 *
 * right  borrowed as long as the connection is open; NULL: there is nothing to raise
 */
int netlink_open(const struct netlink_right *right, struct netlink **netlink_out);

void netlink_close(struct netlink *netlink);

/* What the kernel said with the last error, escaped; "" if nothing. */
const char *netlink_explanation(const struct netlink *netlink);

/*
 * Find a bridge by its name.
 *
 * Returns -ENODEV if there is none of that name, and -ENOTSUP if the interface
 * is no bridge. The name must be the interface's first one: by an alternative
 * name the ACL would be asked about one name and another bridge be joined.
 */
int netlink_find_bridge(struct netlink *netlink, const char *name, struct bridge *bridge_out);

/* 0 if the bridge keeps VLANs apart (vlan_filtering 1), -ESTALE if tags mean nothing to it. */
int netlink_check_vlans(struct netlink *netlink, const struct bridge *bridge);

/* The ifindex of an interface of this name, which must be our own. */
int netlink_find_ifindex(struct netlink *netlink, const char *name, unsigned *ifindex_out);

/*
 * Set a TAP up completely, make it a port of the bridge, and last of all bring
 * it up: MTU and MAC before joining (a bridge whose MTU or address was never
 * set by hand follows its ports: br_mtu_auto_adjust(), br_stp_recalculate_bridge_id()),
 * then VLAN and guest's address, then BPDU guard, root block and what else the
 * setup says, then up. -EEXIST: see port_claim_address(). May be repeated for a
 * port on which it failed.
 */
int netlink_set_up_port(struct netlink *netlink, const struct bridge *bridge,
			const struct port_setup *setup);

/*
 * Look again: the port is up and on this bridge, the kernel has made it what it
 * was to be, and the bridge still has the name that was authorised. Returns
 * -ESTALE if not, -EOPNOTSUPP if the kernel lacks one of the port's flags.
 *
 * With a pair wait until the port can carry frames: the kernel notices in the background that
 * the other end has come up, and only then lets the port forward. -ETIMEDOUT after two seconds.
 */
int netlink_verify_port(struct netlink *netlink, const struct bridge *bridge,
			const struct port_setup *setup);

#endif
