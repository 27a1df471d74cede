/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Interface names, and the quota that lives in them. */
#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/port/port-name.h"
#include "wire/port/port-prefix.h"

static void names_are_whole_and_give_their_slot_back(void **state)
{
	static const uid_t uids[] = { 0, 1, 10, 1000, 65534, 4294967294u };
	static const unsigned bridges[] = { 1, 2, 31, 1000, 65535 };

	(void)state;
	for (size_t u = 0; u < sizeof uids / sizeof uids[0]; u++) {
		for (size_t b = 0; b < sizeof bridges / sizeof bridges[0]; b++) {
			for (unsigned slot = 0; slot < PORT_SLOTS; slot++) {
				char name[PORT_NAME_SIZE];

				port_name_format(uids[u], bridges[b], slot, name);
				assert_int_equal(strlen(name), PORT_NAME_SIZE - 1);
				assert_memory_equal(name, PORT_PREFIX, strlen(PORT_PREFIX));
				assert_int_equal(fnmatch(PORT_PATTERN, name, 0), 0);
				assert_int_equal(port_name_slot(name, uids[u], bridges[b]), slot);
			}
		}
	}
}

static void names_differ_between_users_bridges_and_slots(void **state)
{
	char own[PORT_NAME_SIZE], other[PORT_NAME_SIZE];

	(void)state;
	port_name_format(1, 2, 3, own);
	port_name_format(10, 2, 3, other);
	assert_string_not_equal(own, other);
	assert_int_equal(port_name_slot(other, 1, 2), -1);
	port_name_format(1, 3, 3, other);
	assert_string_not_equal(own, other);
	assert_int_equal(port_name_slot(other, 1, 2), -1);
	port_name_format(1, 2, 4, other);
	assert_string_not_equal(own, other);
}

/* Rules that name veth* are what administrators have; container engines use hexadecimal digits. */
static void names_are_passed_over_with_those_of_containers(void **state)
{
	char name[PORT_NAME_SIZE];

	(void)state;
	port_name_format(4294967294u, 65535, PORT_SLOTS - 1, name);
	assert_int_equal(fnmatch("veth*", name, 0), 0);
	assert_int_not_equal(fnmatch("veth[0-9a-f]*", name, 0), 0);
	assert_int_not_equal(fnmatch(PORT_PATTERN, "veth0a1b2c3", 0), 0);
	/* LXC: six letters and digits, any of them. */
	assert_int_not_equal(fnmatch(PORT_PATTERN, "vethgXXXXX", 0), 0);
}

static void other_interfaces_have_no_slot(void **state)
{
	static const char *const names[] = {
		"", "eth0", "vethg", "vethg0",
		"veth000000001as", "VETHG00000002z0", "vethg00000000000",
		"vethg00000000l0", "vethg00000000O0", "vethg00000000-0",
		"vethg\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
		/* The largest number that can be written: its uid has 33 bits. */
		"vethgZZZZZZZZZZ",
	};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		assert_int_equal(port_name_slot(names[i], 0, 2), -1);
		assert_int_equal(port_name_slot(names[i], 4294967295u, 65535), -1);
	}
}

static struct port_slots slots_of(const unsigned *taken, size_t count)
{
	struct port_slots slots = { { 0 } };

	for (size_t i = 0; i < count; i++)
		port_slots_add(&slots, taken[i]);
	return slots;
}

static unsigned count_from(const struct port_slots *slots, unsigned first)
{
	unsigned count = 0;

	for (unsigned slot = first; slot < PORT_SLOTS; slot++)
		count += (unsigned)(slots->words[slot / 64] >> (slot % 64) & 1);
	return count;
}

static void the_bound_is_the_quota_while_nobody_sits_above(void **state)
{
	const unsigned taken[] = { 0, 2 };
	struct port_slots slots = slots_of(taken, 2);

	(void)state;
	assert_int_equal(port_slots_bound(&slots, 3), 3);
	assert_int_equal(port_slots_bound(&slots, 1024), 1024);
}

static void a_lowered_quota_counts_what_sits_above(void **state)
{
	const unsigned taken[] = { 2, 3, 4 };
	struct port_slots slots = slots_of(taken, 3);

	(void)state;
	/* Five were allowed, three remain, now three are: nothing more. */
	assert_int_equal(port_slots_bound(&slots, 3), 0);
	assert_int_equal(port_slots_bound(&slots, 2), 0);
	/* Four: one more, and only slot 0, so that two requests at once cannot both. */
	assert_int_equal(port_slots_bound(&slots, 4), 1);
}

/* What has lost its name takes a place all the same. */
static void strays_count_and_lower_the_bound(void **state)
{
	struct port_slots slots = { { 1 } };

	(void)state;
	port_slots_add(&slots, PORT_SLOTS - 1);
	port_slots_add_strays(&slots, 2);
	assert_int_equal(port_slots_count(&slots), 4);
	assert_int_equal(port_slots_bound(&slots, 5), 2);
	assert_int_equal(port_slots_bound(&slots, 4), 1); /* which is taken */
	assert_int_equal(port_slots_bound(&slots, 3), 0);
	port_slots_add_strays(&slots, 5000);
	assert_int_equal(port_slots_count(&slots), PORT_SLOTS);
	assert_int_equal(port_slots_bound(&slots, 1000), 0);
}

/* Every set of the first slots, every quota: taking a free slot below the bound keeps it. */
static void the_bound_never_lets_the_quota_be_passed(void **state)
{
	(void)state;
	for (unsigned set = 0; set < 256; set++) {
		for (unsigned quota = 1; quota <= 8; quota++) {
			struct port_slots slots = { { set } };
			unsigned bound = port_slots_bound(&slots, quota);
			unsigned existing = count_from(&slots, 0);

			assert_true(bound <= quota);
			/* All of the free slots below the bound at once, as racing requests do. */
			if (existing <= quota)
				assert_true(bound + count_from(&slots, bound) <= quota);
			else
				assert_int_equal(bound, 0);
			/* And it is the largest such bound: nobody is refused too early. */
			if (existing < quota && bound < quota)
				assert_true(bound + 1 + count_from(&slots, bound + 1) > quota);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_whole_and_give_their_slot_back),
		cmocka_unit_test(names_differ_between_users_bridges_and_slots),
		cmocka_unit_test(names_are_passed_over_with_those_of_containers),
		cmocka_unit_test(other_interfaces_have_no_slot),
		cmocka_unit_test(the_bound_is_the_quota_while_nobody_sits_above),
		cmocka_unit_test(a_lowered_quota_counts_what_sits_above),
		cmocka_unit_test(strays_count_and_lower_the_bound),
		cmocka_unit_test(the_bound_never_lets_the_quota_be_passed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
