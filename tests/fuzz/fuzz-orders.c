/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Orders and answers from both sides: what passes the check is in its bounds, and every
 * string of it ends.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wire/orders/orders.h"
#include "wire/port/slots.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int ends(const char *text, size_t size)
{
	return strnlen(text, size) < size;
}

static void check_order(const struct order *order)
{
	switch (order->type) {
	case ORDER_PORT:
		assert(order->port.queues >= 1 && order->port.queues <= ORDER_QUEUES_MAX);
		assert(order->port.slot_first < PORT_SLOTS && order->port.slot_count <= PORT_SLOTS);
		assert(ends(order->port.bridge, sizeof order->port.bridge));
		assert(ends(order->port.words.user, sizeof order->port.words.user));
		assert(ends(order->port.words.rule, sizeof order->port.words.rule));
		assert((order->port.flags & ORDER_PORT_SEALED) != 0 || order->port.queues == 1);
		break;
	case ORDER_WALK:
		assert(ends(order->walk.part, sizeof order->walk.part));
		assert(strchr(order->walk.part, '/') == NULL && strcmp(order->walk.part, "..") != 0);
		break;
	case ORDER_USB:
		assert(ends(order->usb.port, sizeof order->usb.port));
		assert(strchr(order->usb.port, '/') == NULL && order->usb.port[0] != '.');
		break;
	case ORDER_BLOCK:
		assert(ends(order->block.name, sizeof order->block.name));
		assert(strchr(order->block.name, '/') == NULL && order->block.name[0] != '.');
		assert(order->block.read_only <= 1);
		break;
	case ORDER_DISK:
		assert(ends(order->disk.name, sizeof order->disk.name));
		assert(strchr(order->disk.name, '/') == NULL && order->disk.name[0] != '.');
		break;
	case ORDER_END:
		assert(ends(order->end.sentence, sizeof order->end.sentence));
		assert((order->end.code == REPLY_GRANTED) == (order->end.sentence[0] == '\0'));
		break;
	default:
		assert(order->type > 0 && order->type < ORDER_TYPES);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct order order = { .type = 0 };
	struct answer answer = { .type = 0 };

	memcpy(&order, data, size < sizeof order ? size : sizeof order);
	if (orders_check(&order, size) == 0)
		check_order(&order);
	/* What is shorter is filled with zeros: the fuzzer need not find the length. */
	if (orders_check(&order, sizeof order) == 0)
		check_order(&order);
	memcpy(&answer, data, size < sizeof answer ? size : sizeof answer);
	if (orders_check_answer(&answer, sizeof answer) == 0) {
		assert(answer.fd_count <= 2 * ORDER_QUEUES_MAX);
		assert(ends(answer.explanation, sizeof answer.explanation));
	}
	return 0;
}
