/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The connection to rtnetlink: opening it, one request, one answer. */
#include "helper/port/netlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "helper/port/netlink-internal.h"
#include "wire/refusal/escape.h"

/* ---- a request ---- */

/* rtnetlink's types come in fours: new, delete, get, set. */
static int is_change(int type)
{
	return (type & 3) != (RTM_GETLINK & 3);
}

/* What a question asks for is its answer; a change has to be acknowledged. */
void netlink_begin(struct netlink *netlink, int type, int flags, const void *header,
		   size_t size)
{
	const struct nlmsghdr head = {
		.nlmsg_type = (uint16_t)type,
		.nlmsg_flags =
			(uint16_t)(NLM_F_REQUEST | (is_change(type) ? NLM_F_ACK : 0) | flags),
		.nlmsg_seq = ++netlink->sequence,
	};

	memset(netlink->message, 0, sizeof netlink->message);
	netlink->length = 0;
	netlink->nest_count = 0;
	netlink->is_cut = 0;
	netlink->is_change = is_change(type);
	netlink_append(netlink, &head, sizeof head);
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

/* All that stands behind each other begins at a multiple of four. */
void netlink_append(struct netlink *netlink, const void *data, size_t size)
{
	const size_t whole = NLMSG_ALIGN(size);

	if (netlink->is_cut || whole > sizeof netlink->message - netlink->length) {
		netlink->is_cut = 1;
		return;
	}
	memcpy(netlink->message + netlink->length, data, size);
	netlink->length += whole;
}

static void put_head(struct netlink *netlink, int attribute, size_t size)
{
	const struct nlattr head = {
		.nla_len = (uint16_t)(sizeof head + size),
		.nla_type = (uint16_t)attribute,
	};

	netlink_append(netlink, &head, sizeof head);
}

void netlink_put(struct netlink *netlink, int attribute, const void *data, size_t size)
{
	put_head(netlink, attribute, size);
	netlink_append(netlink, data, size);
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
	if (netlink->nest_count == NETLINK_NESTS_MAX) {
		netlink->is_cut = 1;
		return;
	}
	netlink->nests[netlink->nest_count++] = netlink->length;
	put_head(netlink, attribute | NLA_F_NESTED, 0);
}

/* Its length is that of what was put into it. */
void netlink_end(struct netlink *netlink)
{
	size_t start;
	uint16_t size;

	if (netlink->is_cut)
		return;
	start = netlink->nests[--netlink->nest_count];
	size = (uint16_t)(netlink->length - start);
	memcpy(netlink->message + start + offsetof(struct nlattr, nla_len), &size, sizeof size);
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

struct exchange {
	struct netlink *netlink;
	answer_take *take;
	void *context;
};

/* The text that newer kernels add to an error (NLMSGERR_ATTR_MSG). */
static void read_explanation(struct netlink *netlink, const struct nlmsghdr *head,
			     struct bytes body)
{
	const unsigned flags = NLM_F_CAPPED | NLM_F_ACK_TLVS;
	const struct bytes text =
		answer_attribute(bytes_behind(body, sizeof(struct nlmsgerr)), NLMSGERR_ATTR_MSG);

	if ((head->nlmsg_flags & flags) == flags && text.length > 0)
		escape_bytes(netlink->explanation, sizeof netlink->explanation,
			     (const char *)text.start,
			     strnlen((const char *)text.start, text.length));
}

static int take_answer(const struct nlmsghdr *head, struct bytes body, void *context)
{
	const struct exchange *exchange = context;

	if (head->nlmsg_type != NLMSG_ERROR)
		return exchange->take != NULL ? exchange->take(head, body, exchange->context) : 0;
	read_explanation(exchange->netlink, head, body);
	return answer_result(body);
}

/* To the kernel: nobody else was named. */
static int send_message(const struct netlink *netlink)
{
	const struct netlink_right *right = netlink->is_change ? netlink->right : NULL;
	int result = right != NULL ? right->raise() : 0;

	if (result == 0 && send(netlink->fd, netlink->message, netlink->length, MSG_NOSIGNAL) < 0)
		result = -errno;
	if (right != NULL)
		right->lower();
	return result;
}

int netlink_ask(struct netlink *netlink, answer_take *take, void *context)
{
	const uint32_t length = (uint32_t)netlink->length;
	struct exchange exchange = { netlink, take, context };
	int result;

	netlink->explanation[0] = '\0';
	if (netlink->is_cut)
		return -ENOMEM;
	memcpy(netlink->message + offsetof(struct nlmsghdr, nlmsg_len), &length, sizeof length);
	result = send_message(netlink);
	return result == 0 ? answer_receive(netlink->fd, netlink->sequence, take_answer, &exchange)
			   : result;
}

int netlink_transact(struct netlink *netlink)
{
	return netlink_ask(netlink, NULL, NULL);
}

/* ---- the connection ---- */

static int open_raised(const struct netlink_right *right)
{
	int result = right != NULL ? right->raise() : 0;

	if (result == 0) {
		result = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
		if (result < 0)
			result = -errno;
	}
	if (right != NULL)
		right->lower();
	return result;
}

int netlink_open(const struct netlink_right *right, struct netlink **netlink_out)
{
	struct netlink *netlink = calloc(1, sizeof *netlink);
	const int on = 1;

	if (netlink == NULL)
		return -ENOMEM;
	netlink->right = right;
	netlink->fd = open_raised(right);
	if (netlink->fd < 0) {
		const int error = netlink->fd;

		free(netlink);
		return error;
	}
	/* An older kernel that cannot explain its errors is no reason to fail. */
	(void)setsockopt(netlink->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
	(void)setsockopt(netlink->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
	*netlink_out = netlink;
	return 0;
}

void netlink_close(struct netlink *netlink)
{
	if (netlink == NULL)
		return;
	close(netlink->fd);
	free(netlink);
}

const char *netlink_explanation(const struct netlink *netlink)
{
	return netlink->explanation;
}
