/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The judge's side of the orders. */
#include "judge/orders.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int send_order(const struct orders *orders, const struct order *order)
{
	ssize_t sent = send(orders->fd, order, sizeof *order, MSG_NOSIGNAL);

	return sent == (ssize_t)sizeof *order ? 0 : -EPIPE;
}

static void take_fds(struct msghdr *message, struct delivery *delivery)
{
	for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL;
	     part = CMSG_NXTHDR(message, part)) {
		size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(delivery->fds, CMSG_DATA(part), count * sizeof(int));
		delivery->fd_count = count;
	}
}

static int receive(struct orders *orders, uint32_t type, struct delivery *delivery)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(FD_PASS_MAX * sizeof(int))];
	struct iovec part = { .iov_base = &delivery->answer, .iov_len = sizeof delivery->answer };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof control };
	ssize_t length;

	delivery->fd_count = 0;
	if (orders->is_lost)
		return -EPIPE;
	length = recvmsg(orders->fd, &message, MSG_CMSG_CLOEXEC);
	/* It may come still, and would be taken for the next one's. */
	orders->is_lost = length <= 0;
	if (orders->is_lost)
		return -EPIPE;
	take_fds(&message, delivery);
	if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0 &&
	    orders_check_answer(&delivery->answer, (size_t)length) == 0 &&
	    delivery->answer.type == type &&
	    delivery->answer.fd_count == delivery->fd_count)
		return delivery->answer.result;
	/* Among them that this process may not have so many descriptors. */
	delivery_close(delivery);
	return (message.msg_flags & MSG_CTRUNC) != 0 ? -EMFILE : -EPROTO;
}

void delivery_close(struct delivery *delivery)
{
	for (size_t i = 0; i < delivery->fd_count; i++)
		close(delivery->fds[i]);
	delivery->fd_count = 0;
}

/* Answers come in the order of the orders: one that nobody wants any more comes first. */
static void forget_early(struct orders *orders)
{
	struct delivery unwanted;

	if (orders->has_early)
		(void)receive(orders, ORDER_BRIDGE, &unwanted);
	orders->has_early = 0;
}

int orders_call(struct orders *orders, const struct order *order, struct delivery *delivery_out)
{
	int result;

	*delivery_out = (struct delivery){ .fd_count = 0 };
	forget_early(orders);
	result = send_order(orders, order);
	return result < 0 ? result : receive(orders, order->type, delivery_out);
}

/* ---- without an answer: a helper that is gone is noticed by the next that has one ---- */

void orders_keep(struct orders *orders, unsigned rights)
{
	const struct order order = { .type = ORDER_KEEP, .keep = { rights } };

	(void)send_order(orders, &order);
}

void orders_begin(struct orders *orders, int is_interactive)
{
	const struct order order = { .type = ORDER_BEGIN, .begin = { is_interactive != 0 } };

	(void)send_order(orders, &order);
}

void orders_finish(struct orders *orders)
{
	const struct order order = { .type = ORDER_FINISH };

	(void)send_order(orders, &order);
}

void orders_undo_memlock(struct orders *orders)
{
	const struct order order = { .type = ORDER_MEMLOCK_UNDO };

	(void)send_order(orders, &order);
}

void orders_end(struct orders *orders, const struct refusal *why)
{
	struct order order = { .type = ORDER_END, .end = { .code = (uint32_t)why->code } };

	if (why->code != REPLY_GRANTED)
		order_put_words(order.end.sentence, sizeof order.end.sentence, why->sentence);
	/* A socket that is closed with something unread in it resets the other end. */
	forget_early(orders);
	(void)send_order(orders, &order);
}

/* ---- looking ---- */

static struct order look_order(const char *bridge, unsigned flags)
{
	struct order order = { .type = ORDER_BRIDGE, .bridge = { .flags = flags } };

	(void)snprintf(order.bridge.bridge, sizeof order.bridge.bridge, "%s", bridge);
	return order;
}

void orders_look_early(struct orders *orders, const char *bridge)
{
	orders->early = look_order(bridge, 0);
	orders->has_early = send_order(orders, &orders->early) == 0;
}

int orders_look(struct orders *orders, const char *bridge, unsigned flags,
		struct answer *answer_out)
{
	const struct order order = look_order(bridge, flags);
	struct delivery delivery = { .fd_count = 0 };
	int result;

	/* Both were made by look_order(), padding too. */
	/* NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c) */
	if (orders->has_early && memcmp(&order, &orders->early, sizeof order) == 0) {
		orders->has_early = 0;
		result = receive(orders, ORDER_BRIDGE, &delivery);
	} else {
		result = orders_call(orders, &order, &delivery);
	}
	delivery_close(&delivery);
	*answer_out = delivery.answer;
	return result;
}
