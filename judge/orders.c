/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The judge's side of the orders. */
#include "judge/orders.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static int send_order(const struct orders *orders, const struct order *order)
{
	ssize_t sent = send(orders->fd, order, sizeof *order, MSG_NOSIGNAL);

	return sent == (ssize_t)sizeof *order ? 0 : -EPIPE;
}

static int receive(struct orders *orders, uint32_t type, struct delivery *delivery)
{
	ssize_t length;

	if (orders->is_lost)
		return -EPIPE;
	length = fd_pass_receive(orders->fd, &delivery->answer, sizeof delivery->answer, 0,
				 &delivery->files);
	if (length == -EMFILE || length == -EMSGSIZE)
		return length == -EMFILE ? -EMFILE : -EPROTO;
	/* It may come still, and would be taken for the next one's. */
	orders->is_lost = length <= 0;
	if (orders->is_lost)
		return -EPIPE;
	if (orders_check_answer(&delivery->answer, (size_t)length) == 0 &&
	    delivery->answer.type == type &&
	    delivery->answer.fd_count == delivery->files.count)
		return delivery->answer.result;
	fd_list_close(&delivery->files);
	return -EPROTO;
}

int orders_send(struct orders *orders, const struct order *order)
{
	int result = orders->is_lost ? -EPIPE : send_order(orders, order);

	/* Who sends several does not know any more which answer is whose. */
	orders->is_lost |= result < 0;
	return result;
}

int orders_receive(struct orders *orders, uint32_t type, struct delivery *delivery_out)
{
	*delivery_out = (struct delivery){ .files = { .count = 0 } };
	return receive(orders, type, delivery_out);
}

int orders_call(struct orders *orders, const struct order *order, struct delivery *delivery_out)
{
	int result;

	*delivery_out = (struct delivery){ .files = { .count = 0 } };
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
	(void)send_order(orders, &order);
}
