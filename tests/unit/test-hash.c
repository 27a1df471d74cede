/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Numbers made of bytes, against values that FNV's authors publish. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "client/text/hash.h"

/* Addresses of guests are made of them: another number is another address after an upgrade. */
static void the_number_is_that_of_fnv_1a(void **state)
{
	(void)state;
	assert_true(hash_text(HASH_EMPTY, "") == 0xcbf29ce484222325u);
	assert_true(hash_text(HASH_EMPTY, "a") == 0xaf63dc4c8601ec8cu);
	assert_true(hash_text(HASH_EMPTY, "foobar") == 0x85944171f73967e8u);
	assert_true(hash_bytes(HASH_EMPTY, "\0", 1) == 0xaf63bd4c8601b7dfu);
}

static void bytes_can_come_in_pieces(void **state)
{
	(void)state;
	assert_true(hash_text(hash_text(HASH_EMPTY, "foo"), "bar") ==
		    hash_bytes(HASH_EMPTY, "foobar", 6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_number_is_that_of_fnv_1a),
		cmocka_unit_test(bytes_can_come_in_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
