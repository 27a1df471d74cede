/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The order to open a block device and claim it. Pure. */
#include "wire/orders/order-fields.h"

int order_check_block(const struct order_block *order)
{
	return order_is_flag(order->read_only) && order_is_name(order->name, sizeof order->name) &&
	       order_are_words(&order->words);
}
