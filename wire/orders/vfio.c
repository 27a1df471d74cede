/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The order to open the nodes of a PCI device. Pure. */
#include "wire/orders/order-fields.h"

int order_check_vfio(const struct order_vfio *order)
{
	return order_is_flag(order->iommufd) && order_are_words(&order->words);
}
