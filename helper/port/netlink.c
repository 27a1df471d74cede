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

#include "helper/port/netlink-internal.h"
#include "wire/refusal/escape.h"

/* Bytes of one datagram from the kernel: NLMSG_GOODSIZE of a dump is at most this. */
#define DATAGRAM_MAX 32768u

/* ---- a request ---- */

void netlink_begin(struct netlink *netlink, int type, int flags, const void *header,
		   size_t size)
{
	netlink->message = nlmsg_alloc_simple(type, flags);
	netlink->nest_count = 0;
	netlink->is_cut = netlink->message == NULL;
	netlink_append(netlink, header, size);
}

void netlink_begin_link(struct netlink *netlink, int type, int flags, unsigned ifindex,
			unsigned up)
{
	const struct ifinfomsg header = {
		.ifi_family = AF_UNSPEC,
		.ifi_index = (int)ifindex,
		.ifi_flags = up,
		.ifi_change = up,
	};

	netlink_begin(netlink, type, flags, &header, sizeof header);
}

void netlink_append(struct netlink *netlink, const void *data, size_t size)
{
	/* libnl's older versions know no const; it copies the bytes. */
	void *bytes = (void *)(uintptr_t)data;

	if (!netlink->is_cut)
		netlink->is_cut = nlmsg_append(netlink->message, bytes, size, NLMSG_ALIGNTO) < 0;
}

void netlink_put(struct netlink *netlink, int attribute, const void *data, size_t size)
{
	if (!netlink->is_cut)
		netlink->is_cut = nla_put(netlink->message, attribute, (int)size, data) < 0;
}

void netlink_put_u8(struct netlink *netlink, int attribute, uint8_t value)
{
	netlink_put(netlink, attribute, &value, sizeof value);
}

void netlink_put_u32(struct netlink *netlink, int attribute, uint32_t value)
{
	netlink_put(netlink, attribute, &value, sizeof value);
}

void netlink_put_text(struct netlink *netlink, int attribute, const char *text)
{
	netlink_put(netlink, attribute, text, strlen(text) + 1);
}

void netlink_nest(struct netlink *netlink, int attribute)
{
	struct nlattr *nest = NULL;

	if (!netlink->is_cut && netlink->nest_count < NETLINK_NESTS_MAX)
		nest = nla_nest_start(netlink->message, attribute);
	if (nest == NULL)
		netlink->is_cut = 1;
	else
		netlink->nests[netlink->nest_count++] = nest;
}

void netlink_end(struct netlink *netlink)
{
	if (!netlink->is_cut)
		netlink->is_cut = nla_nest_end(netlink->message,
					       netlink->nests[--netlink->nest_count]) < 0;
}

void netlink_put_no_address(struct netlink *netlink)
{
	netlink_nest(netlink, IFLA_AF_SPEC);
	netlink_nest(netlink, AF_INET6);
	netlink_put_u8(netlink, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	netlink_end(netlink);
	netlink_end(netlink);
}

/* ---- its answer ---- */

/* Root may send to any netlink socket; only 0 is the kernel. */
static int on_message(struct nl_msg *message, void *context)
{
	struct netlink *netlink = context;

	if (nlmsg_get_src(message)->nl_pid == 0)
		return NL_OK;
	netlink->error = -EPROTO;
	netlink->done = netlink->is_lost = 1;
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
	netlink->is_lost |= from->nl_pid != 0;
	read_explanation(netlink, error);
	return NL_STOP;
}

void netlink_read_by(struct netlink *netlink, nl_recvmsg_msg_cb_t take, void *context)
{
	(void)nl_socket_modify_cb(netlink->socket, NL_CB_VALID, NL_CB_CUSTOM, take, context);
}

static int to_errno(int result)
{
	return result == -NLE_NOMEM ? -ENOMEM : -EIO;
}

/* rtnetlink's types come in fours: new, delete, get, set. */
static int is_change(struct nl_msg *message)
{
	return (nlmsg_hdr(message)->nlmsg_type & 3) != (RTM_GETLINK & 3);
}

/* libnl numbers it, asks for an acknowledgement, and compares the answers' numbers. */
static int send_message(const struct netlink *netlink)
{
	const struct netlink_right *right = is_change(netlink->message) ? netlink->right : NULL;
	int sent = 0, result = right != NULL ? right->raise() : 0;

	if (result == 0)
		sent = nl_send_auto(netlink->socket, netlink->message);
	if (right != NULL)
		right->lower();
	return sent < 0 ? to_errno(sent) : result;
}

static int read_answer(struct netlink *netlink)
{
	while (!netlink->done) {
		int result = nl_recvmsgs_default(netlink->socket);

		if (result < 0 && !netlink->done) {
			netlink->is_lost = 1;
			return to_errno(result);
		}
	}
	return netlink->error;
}

/* A lost connection sends nothing more: it would take the rest of one answer for the next. */
int netlink_transact(struct netlink *netlink)
{
	int result;

	netlink->done = 0;
	netlink->error = 0;
	netlink->explanation[0] = '\0';
	if (netlink->is_lost)
		result = -EIO;
	else
		result = netlink->is_cut ? -ENOMEM : send_message(netlink);
	nlmsg_free(netlink->message);
	netlink->message = NULL;
	if (result == 0)
		result = read_answer(netlink);
	/* It is about this answer, and its context may be gone by the next. */
	netlink_read_by(netlink, NULL, NULL);
	return result;
}

/* ---- the connection ---- */

/* libnl's constructors have read NLDBG and NLCB; neither may change anything. */
static struct nl_sock *new_socket(struct netlink *netlink)
{
	struct nl_cb *callbacks = nl_cb_alloc(NL_CB_DEFAULT);
	struct nl_sock *socket = NULL;

	nl_debug = 0;
	if (callbacks != NULL &&
	    nl_cb_set(callbacks, NL_CB_MSG_IN, NL_CB_CUSTOM, on_message, netlink) == 0 &&
	    nl_cb_set(callbacks, NL_CB_FINISH, NL_CB_CUSTOM, on_end, netlink) == 0 &&
	    nl_cb_set(callbacks, NL_CB_ACK, NL_CB_CUSTOM, on_end, netlink) == 0 &&
	    nl_cb_err(callbacks, NL_CB_CUSTOM, on_error, netlink) == 0)
		socket = nl_socket_alloc_cb(callbacks);
	nl_cb_put(callbacks);
	return socket;
}

static int connect_raised(struct nl_sock *socket, const struct netlink_right *right)
{
	int connected = 0, result = right != NULL ? right->raise() : 0;

	if (result == 0)
		connected = nl_connect(socket, NETLINK_ROUTE);
	if (right != NULL)
		right->lower();
	return connected < 0 ? -EIO : result;
}

static int connect_to(struct nl_sock *socket, const struct netlink_right *right)
{
	const int on = 1;
	int result = connect_raised(socket, right);

	if (result < 0)
		return result;
	/*
	 * One receive a message instead of a peek and a receive; what does not fit is an
	 * error. A dump's messages are at most as large as the buffer offered for them.
	 */
	nl_socket_disable_msg_peek(socket);
	/* An older kernel that cannot explain its errors is no reason to fail. */
	(void)setsockopt(nl_socket_get_fd(socket), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
	return nl_socket_set_msg_buf_size(socket, DATAGRAM_MAX) < 0 ? -EIO : 0;
}

int netlink_open(const struct netlink_right *right, struct netlink **netlink_out)
{
	struct netlink *netlink = calloc(1, sizeof *netlink);
	int result = -ENOMEM;

	if (netlink != NULL) {
		netlink->right = right;
		netlink->socket = new_socket(netlink);
	}
	if (netlink != NULL && netlink->socket != NULL)
		result = connect_to(netlink->socket, right);
	if (result < 0)
		netlink_close(netlink);
	else
		*netlink_out = netlink;
	return result;
}

void netlink_close(struct netlink *netlink)
{
	if (netlink == NULL)
		return;
	nl_socket_free(netlink->socket);
	free(netlink);
}

const char *netlink_explanation(const struct netlink *netlink)
{
	return netlink->explanation;
}
