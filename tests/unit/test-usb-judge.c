/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Which USB device is given by which rule, and what no rule can give.
 *
 * Devices and sysfs are made up; in the place of /dev is nodes.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "judge/kind/usb/judge.h"
#include "tests/unit/acl-fixture.h"
#include "tests/unit/usb-tree.h"

struct place {
	struct tree *tree;
	struct usb_places places;
	struct parsed rules;
	struct usb_device device;
	const struct acl_rule *rule; /* that decided */
	struct refusal why;
};

static const uint8_t storage[] = { 0x08, 0 }, keyboard[] = { 0x03, 0 },
		     disguised[] = { 0x08, 0x03, 0 }, token[] = { 0x0b, 0 },
		     with_hub[] = { 0xff, 0x09, 0 };

#define STICK .vendor = 0x951, .product = 0x1666
#define KEY   .vendor = 0x1050, .product = 0x407

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof *place);

	if (place == NULL)
		return -1;
	place->tree = usb_tree_new(&place->places);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	usb_device_release(&place->device);
	parsed_release(&place->rules);
	usb_tree_free(place->tree, &place->places);
	free(place);
	return 0;
}

/* Judge a request of uid 1000 by these rules. */
static enum reply_code judge(struct place *place, struct request_usb wanted, const char *rules)
{
	const struct caller caller = { .uid = 1000, .name = "alice" };
	const struct request request = { .kind = ACL_KIND_USB, .usb = wanted };
	struct policy policy = { 0 };

	usb_device_release(&place->device);
	parsed_release(&place->rules);
	place->rules = parse_good(acl_parse, rules);
	policy.acl = place->rules.acl;
	place->why = (struct refusal){ .code = REPLY_GRANTED };
	return usb_judge(&place->places, &request, &caller, &policy, &place->device, &place->rule,
			 &place->why);
}

/* A grant also takes that no disk of it is in use; a query does not claim any. */
static enum reply_code judge_grant(struct place *place, struct request_usb wanted, const char *rules)
{
	const struct request request = { .kind = ACL_KIND_USB, .usb = wanted };
	enum reply_code code = judge(place, wanted, rules);

	return code == REPLY_GRANTED ? usb_judge_disks(&place->places, NULL, &request,
						       &place->device, &place->why)
				     : code;
}

#define WANT(...) (struct request_usb){ __VA_ARGS__ }
#define WANT_STICK WANT(.has_ids = 1, STICK)

static void assert_says(const struct place *place, const char *part)
{
	assert_true(place->why.code != REPLY_GRANTED);
	if (strstr(place->why.sentence, part) == NULL)
		fail_msg("'%s' is not in: %s", part, place->why.sentence);
}

static void add(const struct place *place, struct gadget gadget)
{
	usb_tree_add(place->tree, &gadget);
}

#define ADD(place, ...) add(place, (struct gadget){ __VA_ARGS__ })

static void every_selector_decides(void **state)
{
	static const struct {
		const char *rules;
		enum reply_code code;
	} cases[] = {
		{ "allow usb 0951:1666\n", REPLY_GRANTED },
		{ "allow usb 0951:*\n", REPLY_GRANTED },
		{ "allow usb *:1666\n", REPLY_GRANTED },
		{ "allow usb *:*\n", REPLY_GRANTED },
		{ "allow usb class=08\n", REPLY_GRANTED },
		{ "allow usb serial=0012\n", REPLY_GRANTED },
		{ "allow usb port=1-1.4\n", REPLY_GRANTED },
		{ "allow usb 0951:1666 class=08 serial=0012 port=1-1.4 user 1000\n", REPLY_GRANTED },
		{ "allow usb 0951:1667\n", REPLY_DENIED },
		{ "allow usb 0950:*\n", REPLY_DENIED },
		{ "allow usb class=09\n", REPLY_DENIED },
		{ "allow usb class=00\n", REPLY_DENIED },
		{ "allow usb serial=001\n", REPLY_DENIED },
		{ "allow usb port=1-1\n", REPLY_DENIED },
		{ "allow usb 0951:1666 class=08 serial=0012 port=1-1\n", REPLY_DENIED },
		{ "allow usb *:* user 1001\n", REPLY_DENIED },
		{ "allow vfio 0951:1666\n", REPLY_DENIED },
		{ "allow usb *:*\ndeny usb class=08\n", REPLY_DENIED },
		{ "allow usb *:*\ndeny usb port=1-1.4\n", REPLY_DENIED },
		{ "allow usb *:*\ndeny usb serial=0012\n", REPLY_DENIED },
		{ "allow usb *:*\ndeny usb serial=001\n", REPLY_GRANTED },
	};
	struct place *place = *state;

	ADD(place, .port = "1-1.4", .bus = 1, .device = 3, STICK, .serial = "0012",
	    .classes = storage);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (judge(place, WANT_STICK, cases[i].rules) != cases[i].code)
			fail_msg("%s: %s", cases[i].rules, place->why.sentence);
	}
	assert_int_equal(judge(place, WANT_STICK, "allow usb *:*\n"), REPLY_GRANTED);
	assert_string_equal(place->device.path, "/dev/bus/usb/001/003");
	assert_true(place->device.node >= 0);
}

static void attack_26_missing_and_forbidden_get_the_same_words(void **state)
{
	static const char *const rules[] = { "", "allow usb 1050:0407\n", "deny usb 0951:1666\n",
					     "allow usb *:* serial=none\n", NULL };
	struct place *place = *state;
	char missing[REFUSAL_SENTENCE_MAX];

	assert_int_equal(judge(place, WANT_STICK, "# none\n"), REPLY_DENIED);
	strcpy(missing, place->why.sentence);
	ADD(place, .port = "1-1", .bus = 1, .device = 3, STICK);
	ADD(place, .port = "1-2", .bus = 1, .device = 4, STICK, .classes = keyboard);
	ADD(place, .port = "1-3", .bus = 1, .device = 5, STICK, .device_class = 9);
	for (size_t i = 0; rules[i] != NULL; i++) {
		char text[64];

		snprintf(text, sizeof text, "# rules\n%s", rules[i]);
		assert_int_equal(judge(place, WANT_STICK, text), REPLY_DENIED);
		assert_string_equal(place->why.sentence, missing);
		assert_null(place->device.descriptors);
	}
}

/* It is nobody's secret to who may have it whatever it is. */
static void who_may_have_it_hears_that_it_is_not_there(void **state)
{
	static const struct {
		const char *rules;
		enum reply_code code;
	} cases[] = {
		{ "allow usb 0951:1666 user 1000\n", REPLY_OBJECT },
		{ "allow usb 0951:*\ndeny usb 0951:1667\n", REPLY_OBJECT },
		{ "allow usb 0951:1666 port=1-1\n", REPLY_OBJECT },
		{ "allow usb 0951:1666 port=1-2\n", REPLY_DENIED },
		{ "allow usb 0951:1666 class=08\n", REPLY_DENIED },
		{ "allow usb 0951:1666 serial=1\n", REPLY_DENIED },
		{ "allow usb 0951:1666 user 1001\n", REPLY_DENIED },
		{ "allow usb 0951:1666\ndeny usb class=08\n", REPLY_DENIED },
		{ "allow usb 0951:1666\ndeny usb *:1666 serial=x user 1001\n", REPLY_DENIED },
		{ "allow usb *:*\ndeny usb port=2-1\n", REPLY_DENIED },
	};
	struct place *place = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		if (judge(place, WANT(.has_ids = 1, STICK, .port = "1-1"), cases[i].rules) !=
		    cases[i].code)
			fail_msg("%s: %s", cases[i].rules, place->why.sentence);
		assert_null(place->device.descriptors);
	}
	assert_int_equal(judge(place, WANT_STICK, "allow usb 0951:1666\n"), REPLY_OBJECT);
	assert_says(place, "usb 0951:1666: no such device is plugged in");
	/* By its port alone it could be any device. */
	assert_int_equal(judge(place, WANT(.port = "1-1"), "allow usb *:*\n"), REPLY_DENIED);
}

static void several_that_may_be_had_are_listed(void **state)
{
	struct place *place = *state;

	ADD(place, .port = "1-1", .bus = 1, .device = 3, STICK, .serial = "A\033");
	ADD(place, .port = "2-1.7", .bus = 2, .device = 44, STICK);
	ADD(place, .port = "3-1", .bus = 3, .device = 2, STICK, .serial = "secret");
	assert_int_equal(judge(place, WANT_STICK, "allow usb 0951:1666\ndeny usb serial=secret\n"),
			 REPLY_OBJECT);
	assert_says(place, "usb 0951:1666: 2 devices fit: ");
	assert_says(place, "port 1-1 (bus 1 device 3, serial A\\x1b)");
	assert_says(place, "port 2-1.7 (bus 2 device 44)");
	assert_null(strstr(place->why.sentence, "secret"));
	assert_null(strstr(place->why.sentence, " more"));
	/* One that is allowed is not ambiguous, however many fit. */
	assert_int_equal(judge(place, WANT_STICK, "allow usb port=3-1\n"), REPLY_GRANTED);
}

static void twins_of_one_serial_are_two(void **state)
{
	struct place *place = *state;

	ADD(place, .port = "1-1", .bus = 1, .device = 3, STICK, .serial = "1");
	ADD(place, .port = "1-2", .bus = 1, .device = 4, STICK, .serial = "1");
	assert_int_equal(judge(place, WANT(.has_ids = 1, STICK, .serial = "1"), "allow usb *:*\n"),
			 REPLY_OBJECT);
	assert_int_equal(judge(place, WANT(.port = "1-2"), "allow usb *:*\n"), REPLY_GRANTED);
}

static void a_list_of_many_is_cut_at_whole_ones(void **state)
{
	struct place *place = *state;
	char serial[127], port[16];

	memset(serial, 'S', sizeof serial - 1);
	serial[sizeof serial - 1] = '\0';
	for (unsigned i = 1; i <= 100; i++) {
		snprintf(port, sizeof port, "1-%u", i);
		ADD(place, .port = port, .bus = 1, .device = i, STICK, .serial = serial);
	}
	assert_int_equal(judge(place, WANT_STICK, "allow usb *:*\n"), REPLY_OBJECT);
	assert_says(place, "100 devices fit: port ");
	assert_says(place, " more: name one by its port");
}

static void attack_30_hubs_are_never_given(void **state)
{
	struct place *place = *state;

	ADD(place, .port = "usb1", .bus = 1, .device = 1, STICK);
	ADD(place, .port = "1-1", .bus = 1, .device = 2, STICK, .device_class = 9);
	ADD(place, .port = "1-2", .bus = 1, .device = 3, STICK, .classes = with_hub);
	ADD(place, .port = "1-3", .bus = 1, .device = 4, STICK);
	tree_folder(place->tree, "devices/1-3/1-3.1");
	for (uint16_t number = 1; number <= 4; number++) {
		assert_int_equal(judge(place, WANT(.has_number = 1, .bus = 1, .device = number),
				       "allow usb 0951:1666\n"), REPLY_OBJECT);
		assert_says(place, "it is a hub");
	}
}

static void attack_30_input_devices_want_a_rule_by_name(void **state)
{
	static const char *const not_named[] = { "allow usb *:*\n", "allow usb 1050:*\n",
						 "allow usb *:0407\n", "allow usb port=1-1\n",
						 "allow usb class=03\nallow usb 1050:0407\n",
						 "allow usb class=08\nallow usb class=0b\n", NULL };
	static const uint8_t *const kinds[] = { keyboard, disguised, token };
	struct place *place = *state;

	for (size_t kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
		ADD(place, .port = "1-1", .bus = 1, .device = 2, KEY, .classes = kinds[kind]);
		for (size_t i = 0; not_named[i] != NULL; i++) {
			enum reply_code code = judge(place, WANT(.port = "1-1"), not_named[i]);

			if (strstr(not_named[i], "1050:0407") != NULL && kinds[kind] == token)
				continue; /* the first rule is not about it */
			assert_int_equal(code, REPLY_DENIED);
			if (place->rule != NULL)
				assert_says(place, "by a rule that names vendor and product");
		}
		assert_int_equal(judge(place, WANT(.port = "1-1"), "allow usb 1050:0407\n"),
				 REPLY_GRANTED);
		assert_int_equal(judge(place, WANT(.port = "1-1"),
				       "allow usb 1050:0407 port=1-1 serial=1\n"), REPLY_DENIED);
		usb_device_release(&place->device);
		tree_remove(place->tree, "devices/1-1");
		tree_remove(place->tree, "bus/usb/devices/1-1");
	}
}

static void what_the_administrator_locked_out_stays_out(void **state)
{
	struct place *place = *state;

	ADD(place, .port = "1-1", .bus = 1, .device = 2, STICK);
	usb_tree_set(place->tree, "1-1", "authorized", "0\n");
	assert_int_equal(judge(place, WANT_STICK, "allow usb 0951:1666\n"), REPLY_OBJECT);
	assert_says(place, "does not admit");
}

static void attack_30_a_disk_in_use_is_refused(void **state)
{
	struct place *place = *state;

	ADD(place, .port = "1-1", .bus = 1, .device = 2, STICK, .classes = storage);
	usb_tree_add_disk(place->tree, "busy", "1-1");
	assert_int_equal(judge_grant(place, WANT_STICK, "allow usb 0951:1666\n"), REPLY_OBJECT);
	assert_says(place, "this machine uses its disk busy");
	tree_remove(place->tree, "class/block/busy");
	usb_tree_add_disk(place->tree, "free", "1-1");
	assert_int_equal(judge_grant(place, WANT_STICK, "allow usb 0951:1666\n"), REPLY_GRANTED);
	usb_tree_add_disk(place->tree, "denied", "1-1");
	assert_int_equal(judge_grant(place, WANT_STICK, "allow usb 0951:1666\n"), REPLY_OBJECT);
	assert_says(place, "cannot tell whether this machine uses its disk denied");
	tree_remove(place->tree, "class/block/denied");
	usb_tree_add_disk(place->tree, "sdclosed", "1-1");
	assert_int_equal(judge_grant(place, WANT_STICK, "allow usb 0951:1666\n"), REPLY_OBJECT);
	assert_says(place, "/dev/sdclosed is forbidden to this service or container: "
			   "DeviceAllow=block-sd rw");
}

static void attack_28_without_its_node_nothing_is_given(void **state)
{
	struct place *place = *state;

	ADD(place, .port = "9-1", .bus = 9, .device = 2, STICK);
	assert_int_equal(judge(place, WANT_STICK, "allow usb 0951:1666\n"), REPLY_OBJECT);
	assert_says(place, "its node /dev/bus/usb/009/002 is not there or is something else");
}

/* polkit is not asked here. */
void polkit_question_add(struct polkit_question *question, const char *key, const char *value)
{
	(void)question;
	(void)key;
	(void)value;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_selector_decides),
		TEST(attack_26_missing_and_forbidden_get_the_same_words),
		TEST(who_may_have_it_hears_that_it_is_not_there),
		TEST(several_that_may_be_had_are_listed),
		TEST(twins_of_one_serial_are_two),
		TEST(a_list_of_many_is_cut_at_whole_ones),
		TEST(attack_30_hubs_are_never_given),
		TEST(attack_30_input_devices_want_a_rule_by_name),
		TEST(what_the_administrator_locked_out_stays_out),
		TEST(attack_30_a_disk_in_use_is_refused),
		TEST(attack_28_without_its_node_nothing_is_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
