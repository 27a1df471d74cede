/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The order to open the node of a USB device. Pure. */
#include "wire/orders/order-fields.h"

static int is_usb_number(uint32_t value)
{
	return value >= 1 && value <= ORDER_NUMBER_MAX;
}

int order_check_usb(const struct order_usb *order)
{
	return order_is_name(order->port, sizeof order->port) && is_usb_number(order->bus) &&
	       is_usb_number(order->device) && order_are_words(&order->words);
}
