/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The connection to rtnetlink: opening it, one request, one answer. */
#include "helper/port/netlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/escape.h"
#include "helper/port/netlink-internal.h"

/* Bytes of one datagram from the kernel: NLMSG_GOODSIZE of a dump is at most this. */
#define MESSAGE_MAX 32768u

/* ---- one request, one answer ---- */

/* Anybody may send to a netlink socket whose port id he knows; only 0 is the kernel. */
static int on_message(struct nl_msg *message, void *context)
{
	struct netlink *netlink = context;

	if (nlmsg_get_src(message)->nl_pid == 0) {
		/* Still to be read by who asked; an error is one message as well. */
		netlink->done = netlink->is_single;
		return NL_OK;
	}
	netlink->error = -EPROTO;
	netlink->done = 1;
	return NL_STOP;
}

/* libnl's own count goes wrong where a request has no acknowledgement. */
static int on_sequence(struct nl_msg *message, void *context)
{
	struct netlink *netlink = context;

	if (nlmsg_hdr(message)->nlmsg_seq == netlink->sequence)
		return NL_OK;
	netlink->error = -EPROTO;
	netlink->done = 1;
	return NL_STOP;
}

static int on_end(struct nl_msg *message, void *context)
{
	struct netlink *netlink = context;

	(void)message;
	netlink->done = 1;
	return NL_STOP;
}

/* The text that newer kernels add to an error (NLMSGERR_ATTR_MSG). */
static void read_explanation(struct netlink *netlink, struct nlmsgerr *error)
{
	struct nlmsghdr *answer = (struct nlmsghdr *)(void *)((char *)error - NLMSG_HDRLEN);
	struct nlattr *text;
	int offset = (int)sizeof *error;

	if ((answer->nlmsg_flags & NLM_F_ACK_TLVS) == 0)
		return;
	if ((answer->nlmsg_flags & NLM_F_CAPPED) == 0)
		offset += (int)(error->msg.nlmsg_len - sizeof error->msg);
	text = nlmsg_find_attr(answer, offset, NLMSGERR_ATTR_MSG);
	if (text != NULL)
		escape_bytes(netlink->explanation, sizeof netlink->explanation, nla_data(text),
			     strnlen(nla_data(text), (size_t)nla_len(text)));
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *context)
{
	struct netlink *netlink = context;

	netlink->error = from->nl_pid == 0 && error->error < 0 ? error->error : -EPROTO;
	netlink->done = 1;
	read_explanation(netlink, error);
	return NL_STOP;
}

/* Receive until the request under way is answered. */
static int receive(struct netlink *netlink)
{
	while (!netlink->done) {
		int result = nl_recvmsgs(netlink->socket, netlink->callbacks);

		if (result == -NLE_DUMP_INTR)
			return -EINTR;
		if (result < 0 && !netlink->done)
			return result == -NLE_NOMEM ? -ENOMEM : -EIO;
	}
	return netlink->error;
}

int netlink_put_no_address(struct nl_msg *message)
{
	struct nlattr *families = nla_nest_start(message, IFLA_AF_SPEC), *inet6;

	inet6 = families != NULL ? nla_nest_start(message, AF_INET6) : NULL;
	if (inet6 == NULL ||
	    nla_put_u8(message, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE) < 0)
		return -1;
	return nla_nest_end(message, inet6) < 0 || nla_nest_end(message, families) < 0 ? -1 : 0;
}

/* rtnetlink's types come in fours: new, delete, get, set. */
static int is_question(const struct nlmsghdr *header)
{
	return (header->nlmsg_type & 3) == (RTM_GETLINK & 3);
}

int netlink_transact(struct netlink *netlink, struct nl_msg *message)
{
	struct nlmsghdr *header = nlmsg_hdr(message);
	int result;

	netlink->done = 0;
	netlink->error = 0;
	netlink->explanation[0] = '\0';
	netlink->is_single = is_question(header) && (header->nlmsg_flags & NLM_F_DUMP) == 0;
	nl_complete_msg(netlink->socket, message);
	netlink->sequence = header->nlmsg_seq;
	if (!netlink->is_single)
		header->nlmsg_flags |= NLM_F_ACK;
	result = nl_send(netlink->socket, message);
	nlmsg_free(message);
	if (result < 0)
		return result == -NLE_NOMEM ? -ENOMEM : -EIO;
	return receive(netlink);
}

/* ---- messages ---- */

struct nl_msg *netlink_link_message(int type, int flags, unsigned ifindex, unsigned up)
{
	struct ifinfomsg header = {
		.ifi_family = AF_UNSPEC,
		.ifi_index = (int)ifindex,
		.ifi_flags = up,
		.ifi_change = up,
	};
	struct nl_msg *message = nlmsg_alloc_simple(type, flags);

	if (message != NULL && nlmsg_append(message, &header, sizeof header, NLMSG_ALIGNTO) < 0) {
		nlmsg_free(message);
		return NULL;
	}
	return message;
}

int netlink_discard(struct nl_msg *message)
{
	nlmsg_free(message);
	return -ENOMEM;
}

/* ---- the connection ---- */

static int set_callbacks(struct netlink *netlink)
{
	struct nl_cb *callbacks = netlink->callbacks;

	if (nl_cb_set(callbacks, NL_CB_MSG_IN, NL_CB_CUSTOM, on_message, netlink) < 0 ||
	    nl_cb_set(callbacks, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, on_sequence, netlink) < 0 ||
	    nl_cb_set(callbacks, NL_CB_FINISH, NL_CB_CUSTOM, on_end, netlink) < 0 ||
	    nl_cb_set(callbacks, NL_CB_ACK, NL_CB_CUSTOM, on_end, netlink) < 0 ||
	    nl_cb_err(callbacks, NL_CB_CUSTOM, on_error, netlink) < 0)
		return -1;
	return 0;
}

/*
 * One receive a message instead of a peek and a receive; what does not fit is an
 * error. A dump's messages are at most as large as the buffer offered for them.
 */
static int set_buffers(struct netlink *netlink)
{
	const int on = 1;

	nl_socket_disable_msg_peek(netlink->socket);
	nl_socket_disable_auto_ack(netlink->socket);
	/* An older kernel that cannot explain its errors is no reason to fail. */
	(void)setsockopt(nl_socket_get_fd(netlink->socket), SOL_NETLINK, NETLINK_EXT_ACK, &on,
			 sizeof on);
	return nl_socket_set_msg_buf_size(netlink->socket, MESSAGE_MAX) < 0 ? -1 : 0;
}

/* A connection object without a socket's file yet. NULL: no memory. */
static struct netlink *new_connection(void)
{
	struct netlink *netlink = calloc(1, sizeof *netlink);

	if (netlink == NULL)
		return NULL;
	/* libnl's constructors have read NLDBG and NLCB; neither may change anything. */
	nl_debug = 0;
	netlink->callbacks = nl_cb_alloc(NL_CB_DEFAULT);
	if (netlink->callbacks != NULL && set_callbacks(netlink) == 0)
		netlink->socket = nl_socket_alloc_cb(netlink->callbacks);
	if (netlink->socket != NULL)
		return netlink;
	netlink_close(netlink);
	return NULL;
}

int netlink_open(struct netlink **netlink_out)
{
	struct netlink *netlink = new_connection();

	if (netlink == NULL)
		return -ENOMEM;
	if (nl_connect(netlink->socket, NETLINK_ROUTE) < 0 || set_buffers(netlink) < 0) {
		netlink_close(netlink);
		return -EIO;
	}
	*netlink_out = netlink;
	return 0;
}

int netlink_adopt(int socket_fd, struct netlink **netlink_out)
{
	struct netlink *netlink = new_connection();

	if (netlink == NULL) {
		close(socket_fd);
		return -ENOMEM;
	}
	if (nl_socket_set_fd(netlink->socket, NETLINK_ROUTE, socket_fd) < 0) {
		close(socket_fd);
		netlink_close(netlink);
		return -EIO;
	}
	if (set_buffers(netlink) < 0) {
		netlink_close(netlink);
		return -EIO;
	}
	*netlink_out = netlink;
	return 0;
}

void netlink_close(struct netlink *netlink)
{
	if (netlink == NULL)
		return;
	nl_socket_free(netlink->socket);
	nl_cb_put(netlink->callbacks);
	free(netlink);
}

const char *netlink_explanation(const struct netlink *netlink)
{
	return netlink->explanation;
}
