/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What fields of orders may hold: for the checks of single orders. Pure. All return 1 or 0.
 */
#ifndef VMGRANT_WIRE_ORDERS_ORDER_FIELDS_H
#define VMGRANT_WIRE_ORDERS_ORDER_FIELDS_H

#include "wire/orders/orders.h"

/* Ends with NUL and has nothing behind it; every byte before is one of printable ASCII. */
int order_is_text(const char *text, size_t size);

/* A name below a folder of ours: never a way out of it. */
int order_is_name(const char *text, size_t size);

int order_are_words(const struct order_words *words);

/* A flag that says yes or no. */
int order_is_flag(uint32_t value);

#define DECLARE(NAME, name) int order_check_##name(const struct order_##name *order);
DEVICE_ORDERS(DECLARE)
#undef DECLARE

#endif
