/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What fields of orders may hold. Pure. */
#include "wire/orders/order-fields.h"

#include <string.h>

/* Ends with NUL and has nothing behind it; every byte before is one of printable ASCII. */
int order_is_text(const char *text, size_t size)
{
	size_t length = strnlen(text, size);

	if (length == size)
		return 0;
	for (size_t i = 0; i < size; i++) {
		if (i < length ? text[i] < ' ' || text[i] > '~' : text[i] != '\0')
			return 0;
	}
	return 1;
}

/* A name below a folder of ours: never a way out of it. */
int order_is_name(const char *text, size_t size)
{
	return order_is_text(text, size) && text[0] != '\0' && text[0] != '.' &&
	       strpbrk(text, "/ ") == NULL;
}

int order_are_words(const struct order_words *words)
{
	return order_is_text(words->user, sizeof words->user) &&
	       order_is_text(words->object, sizeof words->object) &&
	       order_is_text(words->device, sizeof words->device) &&
	       order_is_text(words->rule, sizeof words->rule);
}

int order_is_flag(uint32_t value)
{
	return value <= 1;
}
