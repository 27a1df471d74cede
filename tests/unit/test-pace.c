/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* How fast a client of the service is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "judge/pace.h"

#define NOW_MS 1000000

static void the_first_ten_do_not_wait(void **state)
{
	struct pace pace = { 0 };

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(pace_wait_ms(&pace, NOW_MS), 0);
	assert_int_equal(pace_wait_ms(&pace, NOW_MS), 200);
}

static void then_there_are_five_a_second(void **state)
{
	struct pace pace = { 0 };
	long long now_ms = NOW_MS;
	int count = 0;

	(void)state;
	for (; now_ms < NOW_MS + 10000; count++)
		now_ms += pace_wait_ms(&pace, now_ms);
	assert_int_equal(count, 10 + 50);
}

static void who_waits_for_two_seconds_has_ten_again(void **state)
{
	struct pace pace = { 0 };

	(void)state;
	for (int i = 0; i < 10; i++)
		(void)pace_wait_ms(&pace, NOW_MS);
	for (int i = 0; i < 10; i++)
		assert_int_equal(pace_wait_ms(&pace, NOW_MS + 2000), 0);
	assert_int_not_equal(pace_wait_ms(&pace, NOW_MS + 2000), 0);
	/* A day saves no more than that. */
	for (int i = 0; i < 10; i++)
		assert_int_equal(pace_wait_ms(&pace, NOW_MS + 86400000), 0);
	assert_int_not_equal(pace_wait_ms(&pace, NOW_MS + 86400000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_ten_do_not_wait),
		cmocka_unit_test(then_there_are_five_a_second),
		cmocka_unit_test(who_waits_for_two_seconds_has_ten_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
