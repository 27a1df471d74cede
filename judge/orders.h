/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The judge's side of the orders: what the helper is asked to do, and what it answers.
 *
 * Functions that return int return 0, or a negative errno of the helper's; -EPIPE if the
 * helper is gone, which ends this process anyway.
 */
#ifndef VMGRANT_JUDGE_ORDERS_H
#define VMGRANT_JUDGE_ORDERS_H

#include <sys/types.h>

#include "wire/orders/orders.h"
#include "wire/process/fd-pass.h"
#include "wire/refusal/refusal.h"

struct orders {
	int fd; /* to the helper */
	int is_lost; /* 1: an answer could not be read; no other can be told from it any more */
	int has_no_reader; /* 1: the helper is the service's, and opens no file as the client */
};

/* What came with an answer. The fds are the receiver's. */
struct delivery {
	struct answer answer;
	struct fd_list files;
};

/*
 * Send an order and wait for its answer, at most as long as this process's time. Once an
 * answer is lost all are: the connection has to end.
 */
int orders_call(struct orders *orders, const struct order *order, struct delivery *delivery_out);

/*
 * The same in two steps, so that the helper need not be waited for before the next one: as
 * many answers are to be received as orders were sent, of one type, in their order. No more
 * than ORDERS_AHEAD at a time: what is sent must have room in the socket.
 */
#define ORDERS_AHEAD 16u

int orders_send(struct orders *orders, const struct order *order);
int orders_receive(struct orders *orders, uint32_t type, struct delivery *delivery_out);

/* Orders that have no answer. */
void orders_keep(struct orders *orders, unsigned rights);
void orders_begin(struct orders *orders, int is_interactive);
void orders_finish(struct orders *orders);
void orders_undo_memlock(struct orders *orders);

/* The helper's last order. */
void orders_end(struct orders *orders, const struct refusal *why);

#endif
