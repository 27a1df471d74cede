/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What the judge may ask of the helper: orders and their answers. Pure. */
#include "wire/orders/orders.h"

#include <errno.h>
#include <string.h>

#include "wire/orders/order-fields.h"
#include "wire/port/mac.h"
#include "wire/port/slots.h"

#define VLAN_MAX 4094u

/* ---- fields ---- */

/* Nor anything that an interface cannot be called, or that ioctls read otherwise. */
static int is_interface_name(const char *text)
{
	return order_is_name(text, ORDER_BRIDGE_SIZE) && strpbrk(text, ":%") == NULL;
}

/* One component of a path may hold any byte but "/". */
static int is_component(const char *part)
{
	size_t length = strnlen(part, ORDER_PART_SIZE);

	if (length == 0 || length == ORDER_PART_SIZE || memchr(part, '/', length) != NULL ||
	    strcmp(part, ".") == 0 || strcmp(part, "..") == 0)
		return 0;
	for (size_t i = length; i < ORDER_PART_SIZE; i++) {
		if (part[i] != '\0')
			return 0;
	}
	return 1;
}

static int is_zero(const void *bytes, size_t length)
{
	const uint8_t *byte = bytes;

	for (size_t i = 0; i < length; i++) {
		if (byte[i] != 0)
			return 0;
	}
	return 1;
}

/* ---- orders ---- */

static int check_walk(const struct order_walk *walk)
{
	switch (walk->step) {
	case ORDER_STEP_ENTER:
	case ORDER_STEP_OPEN:
		return is_component(walk->part);
	case ORDER_STEP_ROOT:
		return is_zero(walk->part, sizeof walk->part);
	default:
		return 0;
	}
}

static int check_mac(const struct order_port *port)
{
	if ((port->flags & ORDER_PORT_LOCK_MAC) == 0)
		return is_zero(port->mac, sizeof port->mac);
	return (port->flags & ORDER_PORT_SEALED) != 0 && mac_is_usable(port->mac) &&
	       mac_is_local(port->mac);
}

static int check_port(const struct order_port *port)
{
	const uint32_t flags = port->flags;

	if ((flags & ~ORDER_PORT_FLAGS_ALL) != 0 || !is_interface_name(port->bridge) ||
	    port->queues < 1 || port->queues > ORDER_QUEUES_MAX || port->vlan > VLAN_MAX ||
	    port->slot_first >= PORT_SLOTS || port->slot_count < 1 ||
	    port->slot_count > PORT_SLOTS || !is_zero(port->zero, sizeof port->zero) ||
	    !order_are_words(&port->words))
		return 0;
	/* A second queue of a direct port could be somebody else's: helper/port/direct.h. */
	if ((flags & ORDER_PORT_SEALED) == 0 && port->queues != 1)
		return 0;
	if ((flags & ORDER_PORT_DELIVER) != 0 &&
	    (port->queues != 1 || (flags & ORDER_PORT_VHOST) != 0))
		return 0;
	return check_mac(port);
}

static int check_end(const struct order_end *end)
{
	return end->code <= REPLY_LAST && order_is_text(end->sentence, sizeof end->sentence) &&
	       (end->code == REPLY_GRANTED) == (end->sentence[0] == '\0');
}

static int check_body(const struct order *order)
{
	switch (order->type) {
#define CHECK(NAME, name)                                                                          \
	case ORDER_##NAME:                                                                         \
		return order_check_##name(&order->name);
		DEVICE_ORDERS(CHECK)
#undef CHECK
	case ORDER_KEEP:
		return (order->keep.rights & ~ORDER_RIGHTS_ALL) == 0;
	case ORDER_BEGIN:
		return order_is_flag(order->begin.interactive);
	case ORDER_WALK:
		return check_walk(&order->walk);
	case ORDER_PORT:
		return check_port(&order->port);
	case ORDER_DISK:
		return (order->disk.look == ORDER_DISK_CLAIM || order->disk.look == ORDER_DISK_LOOP) &&
		       order_is_name(order->disk.name, sizeof order->disk.name);
	case ORDER_END:
		return check_end(&order->end);
	case ORDER_MEMLOCK:
		return order_are_words(&order->memlock.words);
	case ORDER_FINISH:
	case ORDER_MEMLOCK_UNDO:
	case ORDER_ASK:
	case ORDER_ASKED:
		return 1;
	default:
		return 0;
	}
}

/* How many bytes behind the header an order of that type uses. */
static size_t body_size(uint32_t type)
{
	switch (type) {
#define SIZE(NAME, name)                                                                           \
	case ORDER_##NAME:                                                                         \
		return sizeof(struct order_##name);
		DEVICE_ORDERS(SIZE)
#undef SIZE
	case ORDER_KEEP:
		return sizeof(struct order_keep);
	case ORDER_BEGIN:
		return sizeof(struct order_begin);
	case ORDER_WALK:
		return sizeof(struct order_walk);
	case ORDER_PORT:
		return sizeof(struct order_port);
	case ORDER_DISK:
		return sizeof(struct order_disk);
	case ORDER_MEMLOCK:
		return sizeof(struct order_memlock);
	case ORDER_END:
		return sizeof(struct order_end);
	default:
		return 0;
	}
}

int orders_check(const struct order *order, size_t length)
{
	const size_t used = offsetof(struct order, keep) + body_size(order->type);

	if (length != sizeof *order || order->zero != 0 || order->type >= ORDER_TYPES ||
	    !is_zero((const uint8_t *)order + used, sizeof *order - used) || !check_body(order))
		return -EINVAL;
	return 0;
}

/* ---- answers ---- */

int order_has_answer(uint32_t type)
{
	return type != ORDER_KEEP && type != ORDER_BEGIN && type != ORDER_FINISH &&
	       type != ORDER_MEMLOCK_UNDO && type != ORDER_END;
}

int orders_check_answer(const struct answer *answer, size_t length)
{
	if (length != sizeof *answer || answer->type >= ORDER_TYPES ||
	    !order_has_answer(answer->type) || answer->result > 0 ||
	    answer->step > ORDER_PORT_HAND_OVER || answer->fd_count > 2 * ORDER_QUEUES_MAX ||
	    !order_is_text(answer->explanation, sizeof answer->explanation))
		return -EINVAL;
	if (answer->type == ORDER_PORT && answer->result == 0 &&
	    (!is_interface_name(answer->port.port_name) ||
	     answer->port.queues + answer->port.vhost_count != answer->fd_count))
		return -EINVAL;
	return 0;
}

void order_put_words(char *field, size_t size, const char *words)
{
	size_t length = strnlen(words, size - 1);

	memset(field, 0, size);
	for (size_t i = 0; i < length; i++)
		field[i] = words[i] >= ' ' && words[i] <= '~' ? words[i] : '?';
}
