/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Answers over rtnetlink: whatever their lengths say, nothing beyond them is read. */
#include "tests/unit/acl-fixture.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdlib.h>

#include "wire/netlink/answer.h"

/* A list of two attributes: 7 with the byte 5, 3 with a number. */
struct list {
	struct rtattr byte_head;
	unsigned char byte[4];
	struct rtattr number_head;
	uint32_t number;
};

static const struct list good = { { RTA_LENGTH(1), 7 }, { 5 }, { RTA_LENGTH(4), 3 }, 0x01020304 };

/* On the heap, with its end where the list ends: a sanitizer and valgrind see a step beyond. */
static struct bytes copy_of(const void *data, size_t length)
{
	unsigned char *copy = malloc(length + (length == 0));

	assert_non_null(copy);
	memcpy(copy, data, length);
	return (struct bytes){ copy, length };
}

static void drop(struct bytes bytes)
{
	free((void *)(uintptr_t)bytes.start);
}

static void attributes_are_found_by_their_type(void **state)
{
	const struct bytes list = copy_of(&good, sizeof good);

	(void)state;
	assert_int_equal(answer_byte(list, 7), 5);
	assert_int_equal(answer_number(list, 3), 0x01020304);
	assert_null(answer_attribute(list, 4).start);
	/* Of another size than was asked for. */
	assert_int_equal(answer_byte(list, 3), 0);
	assert_int_equal(answer_number(list, 7), 0);
	drop(list);
}

static void the_kind_of_nesting_is_no_part_of_the_type(void **state)
{
	struct list nested = good;
	struct bytes list;

	(void)state;
	nested.byte_head.rta_type |= NLA_F_NESTED;
	list = copy_of(&nested, sizeof nested);
	assert_int_equal(answer_byte(list, 7), 5);
	drop(list);
}

static void attack_35_lengths_that_lie_end_the_list(void **state)
{
	(void)state;
	for (unsigned length = 0; length <= UINT16_MAX; length += length < 64 ? 1 : 997) {
		struct list wrong = good;
		struct bytes list;

		wrong.byte_head.rta_len = (unsigned short)length;
		list = copy_of(&wrong, sizeof wrong);
		(void)answer_number(list, 3);
		/* The second one is found only where the first says the truth about its end. */
		if (RTA_ALIGN(length) != RTA_LENGTH(4))
			assert_null(answer_attribute(list, 3).start);
		drop(list);
	}
}

static void attack_35_a_cut_list_gives_what_is_whole(void **state)
{
	(void)state;
	for (size_t length = 0; length < sizeof good; length++) {
		const struct bytes list = copy_of(&good, length);

		assert_int_equal(answer_number(list, 3), 0);
		assert_int_equal(answer_byte(list, 7), length >= RTA_LENGTH(1) ? 5 : 0);
		drop(list);
	}
}

static void a_text_may_end_with_nul_or_with_its_attribute(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		int is_bridge;
	} cases[] = {
		{ "bridge", 7, 1 }, { "bridge", 6, 1 },    { "bridge_slave", 12, 0 },
		{ "bridg", 6, 0 },  { "bridge\0x", 8, 1 }, { "", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct {
			struct rtattr head;
			char text[12];
		} attribute = { { (unsigned short)RTA_LENGTH(cases[i].length), 1 }, "" };
		struct bytes list;

		memcpy(attribute.text, cases[i].bytes, cases[i].length);
		list = copy_of(&attribute, RTA_LENGTH(cases[i].length));
		assert_int_equal(answer_is_text(list, 1, "bridge"), cases[i].is_bridge);
		drop(list);
	}
}

static void a_result_that_is_not_whole_is_an_error(void **state)
{
	const int denied = -EPERM, done = 0;

	(void)state;
	assert_int_equal(answer_result((struct bytes){ (const unsigned char *)&denied, 4 }),
			 -EPERM);
	assert_int_equal(answer_result((struct bytes){ (const unsigned char *)&done, 4 }), 1);
	assert_int_equal(answer_result((struct bytes){ (const unsigned char *)&done, 3 }), -EPROTO);
	assert_int_equal(bytes_behind((struct bytes){ (const unsigned char *)&done, 3 }, 9).length,
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_are_found_by_their_type),
		cmocka_unit_test(the_kind_of_nesting_is_no_part_of_the_type),
		cmocka_unit_test(attack_35_lengths_that_lie_end_the_list),
		cmocka_unit_test(attack_35_a_cut_list_gives_what_is_whole),
		cmocka_unit_test(a_text_may_end_with_nul_or_with_its_attribute),
		cmocka_unit_test(a_result_that_is_not_whole_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
