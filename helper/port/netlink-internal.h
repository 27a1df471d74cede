/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What the files that build netlink messages share. Nobody else includes this:
 * for the rest of the program struct netlink is opaque.
 *
 * A request is begun, filled and sent. What does not fit is noticed by
 * netlink_transact(), which then sends nothing.
 */
#ifndef VMGRANT_HELPER_PORT_NETLINK_INTERNAL_H
#define VMGRANT_HELPER_PORT_NETLINK_INTERNAL_H

#include <netlink/handlers.h>
#include <netlink/msg.h>
#include <netlink/socket.h>
#include <stdint.h>

#include "helper/port/netlink.h"

#define NETLINK_NESTS_MAX 4

struct netlink {
	struct nl_sock *socket;
	const struct netlink_right *right; /* NULL: none to raise */
	struct nl_msg *message; /* being built, NULL: no memory */
	struct nlattr *nests[NETLINK_NESTS_MAX]; /* open in it */
	unsigned nest_count;
	int is_cut; /* something did not fit */
	int done;   /* the answer is complete */
	int is_lost; /* an answer was not read to its end: what comes next may be its rest */
	int error;  /* 0 or a negative errno, from the kernel's acknowledgement */
	char explanation[160];
};

/* Begin a request. header is that of its type, of size bytes. */
void netlink_begin(struct netlink *netlink, int type, int flags, const void *header,
		   size_t size);

/* The same about a link. ifindex 0 asks by the attributes that follow; up: IFF_UP or 0. */
void netlink_begin_link(struct netlink *netlink, int type, int flags, unsigned ifindex,
			unsigned up);

/* Bytes as they are, and as an attribute. */
void netlink_append(struct netlink *netlink, const void *data, size_t size);
void netlink_put(struct netlink *netlink, int attribute, const void *data, size_t size);
void netlink_put_u8(struct netlink *netlink, int attribute, uint8_t value);
void netlink_put_u32(struct netlink *netlink, int attribute, uint32_t value);
void netlink_put_text(struct netlink *netlink, int attribute, const char *text);

/* What is put from here to netlink_end() is inside of that attribute. */
void netlink_nest(struct netlink *netlink, int attribute);
void netlink_end(struct netlink *netlink);

/*
 * Ask for no IPv6 address of the host's own on the link: it would announce itself
 * to the guest, and to nobody's use. A kernel without IPv6 refuses the message with
 * -EAFNOSUPPORT.
 */
void netlink_put_no_address(struct netlink *netlink);

/* Call take with each message of the next answer. Returns of take: NL_OK or NL_SKIP. */
void netlink_read_by(struct netlink *netlink, nl_recvmsg_msg_cb_t take, void *context);

/* Send the request and wait for its answer. 0 or -errno. */
int netlink_transact(struct netlink *netlink);

/* IFLA_BRPORT_LOCKED, since Linux 5.18, and the last attribute of a port that is read. */
#define BRPORT_LOCKED 39

/* What this program reads of an interface. */
struct link {
	unsigned ifindex;
	unsigned flags;
	unsigned master; /* 0: none */
	unsigned operstate; /* RFC 2863: OPERSTATE_UP or another */
	int keeps_vlans;    /* of a bridge */
	uint8_t port_flags[BRPORT_LOCKED + 1]; /* of a bridge's port, by attribute */
};

/* Read one link. Returns 0, -ENODEV if there is none, or another negative errno. */
int netlink_read_link(struct netlink *netlink, unsigned ifindex, struct link *link_out);

/* The same when it can carry frames; -ETIMEDOUT after two seconds. */
int netlink_read_running(struct netlink *netlink, unsigned ifindex, struct link *link_out);

/* Returns 0, -ESTALE if the interface of this number has another first name, or -ENODEV. */
int netlink_check_name(struct netlink *netlink, unsigned ifindex, const char *name);

#endif
