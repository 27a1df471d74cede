/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What the files that build netlink messages share. Nobody else includes this:
 * for the rest of the program struct netlink is opaque.
 */
#ifndef VMGRANT_HELPER_PORT_NETLINK_INTERNAL_H
#define VMGRANT_HELPER_PORT_NETLINK_INTERNAL_H

#include <netlink/handlers.h>
#include <netlink/msg.h>
#include <netlink/socket.h>
#include <stdint.h>

#include "helper/port/netlink.h"
#include "helper/port/port-alias.h"

struct netlink {
	struct nl_sock *socket;
	struct nl_cb *callbacks;
	unsigned sequence; /* the request under way, and in each message of its answer */
	int is_single; /* it asks for one thing: the first message is the whole answer */
	int done;  /* the answer is complete */
	int error; /* 0 or a negative errno, from the kernel's acknowledgement */
	char explanation[160];
};

/* IFLA_BRPORT_LOCKED, since Linux 5.18, and the last attribute of a port that is read. */
#define BRPORT_LOCKED 39

/* What this program reads of an interface. */
struct link {
	unsigned ifindex;
	unsigned flags;
	unsigned mtu_bytes;
	unsigned master; /* 0: none */
	unsigned operstate; /* RFC 2863: OPERSTATE_UP or another */
	char name[IFNAMSIZ];
	char alias[PORT_ALIAS_SIZE]; /* "": none */
	int can_be_port; /* of ours: a TAP, or one end of a veth pair */
	enum bridge_vlans vlans; /* of a bridge */
	unsigned default_vlan;
	uint8_t port_flags[BRPORT_LOCKED + 1]; /* of a bridge's port, by attribute */
};

/* Read one link. Returns 0, -ENODEV if there is none, or another negative errno. */
int netlink_read_link(struct netlink *netlink, unsigned ifindex, struct link *link_out);

/* A request about links. ifindex 0 asks by the attributes that follow. NULL: no memory. */
struct nl_msg *netlink_link_message(int type, int flags, unsigned ifindex, unsigned up);

/* Give up a message that could not be filled. Returns -ENOMEM. */
int netlink_discard(struct nl_msg *message);

/*
 * Ask for no IPv6 address of the host's own on the link: it would announce itself
 * to the guest, and to nobody's use. A kernel without IPv6 refuses the message with
 * -EAFNOSUPPORT. Returns 0 or -1.
 */
int netlink_put_no_address(struct nl_msg *message);

/* Send one request and wait for its answer. Consumes the message. 0 or -errno. */
int netlink_transact(struct netlink *netlink, struct nl_msg *message);

#endif
