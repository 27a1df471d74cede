/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What USB devices say about themselves, the truth and lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "judge/kind/usb/descriptors.h"

/* A stick that is a keyboard, too; its second configuration is another thing. */
static const uint8_t composite[] = {
	18, 1, 0, 2, 0, 0, 0, 64, 0x51, 0x09, 0x66, 0x16, 0x10, 0x01, 1, 2, 3, 2,
	9, 2, 34, 0, 2, 1, 0, 0x80, 50,
	9, 4, 0, 0, 2, 0x08, 6, 0x50, 0,
	7, 5, 0x81, 2, 0, 2, 0,
	9, 4, 1, 0, 0, 0x03, 1, 1, 0,
	9, 2, 27, 0, 1, 2, 0, 0x80, 50,
	9, 4, 0, 0, 0, 0xff, 0, 0, 0,
	9, 4, 0, 1, 0, 0x0b, 0, 0, 0,
};

static void every_configuration_and_alternate_setting_counts(void **state)
{
	static const uint8_t wanted[] = { 0x08, 0x03, 0xff, 0x0b };
	struct usb_facts facts;

	(void)state;
	assert_int_equal(usb_descriptors_parse(composite, sizeof composite, &facts), 0);
	assert_int_equal(facts.vendor, 0x0951);
	assert_int_equal(facts.product, 0x1666);
	assert_int_equal(facts.class_count, sizeof wanted);
	assert_memory_equal(facts.classes, wanted, sizeof wanted);
	assert_true(usb_facts_have_class(&facts, USB_CLASS_CODE_HID));
	assert_false(usb_facts_have_class(&facts, USB_CLASS_CODE_HUB));
	/* 0 of the device means "see the interfaces" and is no class of it. */
	assert_false(usb_facts_have_class(&facts, 0));
}

static void the_class_of_the_device_counts(void **state)
{
	uint8_t bytes[18];
	struct usb_facts facts;

	(void)state;
	memcpy(bytes, composite, sizeof bytes);
	bytes[4] = USB_CLASS_CODE_HUB;
	assert_int_equal(usb_descriptors_parse(bytes, sizeof bytes, &facts), 0);
	assert_int_equal(facts.class_count, 1);
	assert_true(usb_facts_have_class(&facts, USB_CLASS_CODE_HUB));
}

static void a_class_is_listed_once_and_all_256_fit(void **state)
{
	static uint8_t bytes[18 + 2 * 256 * 9];
	struct usb_facts facts;

	(void)state;
	memcpy(bytes, composite, 18);
	for (unsigned i = 0; i < 512; i++) {
		uint8_t interface[9] = { 9, 4, 0, 0, 0, (uint8_t)i };

		memcpy(bytes + 18 + i * 9, interface, sizeof interface);
	}
	assert_int_equal(usb_descriptors_parse(bytes, sizeof bytes, &facts), 0);
	assert_int_equal(facts.class_count, 256);
}

static void attack_31_lying_lengths_hide_nothing(void **state)
{
	uint8_t bytes[sizeof composite];
	struct usb_facts facts;

	(void)state;
	/* A configuration that claims to be shorter, or longer, than it is. */
	for (unsigned claimed = 0; claimed < 256; claimed++) {
		memcpy(bytes, composite, sizeof bytes);
		bytes[20] = (uint8_t)claimed;
		bytes[21] = (uint8_t)(claimed * 7);
		assert_int_equal(usb_descriptors_parse(bytes, sizeof bytes, &facts), 0);
		assert_int_equal(facts.class_count, 4);
	}
	/* Fewer or more configurations than there are. */
	memcpy(bytes, composite, sizeof bytes);
	bytes[17] = 0;
	assert_int_equal(usb_descriptors_parse(bytes, sizeof bytes, &facts), 0);
	assert_int_equal(facts.class_count, 4);
}

static void attack_31_what_is_cut_off_is_no_device(void **state)
{
	static const size_t borders[] = { 18, 27, 36, 43, 52, 61, 70, 79 };
	struct usb_facts facts;
	uint8_t bytes[sizeof composite];

	(void)state;
	for (size_t length = 0, border = 0; length <= sizeof composite; length++) {
		int wanted = length == borders[border] ? 0 : -1;

		border += wanted == 0;
		assert_int_equal(usb_descriptors_parse(composite, length, &facts), wanted);
	}
	memcpy(bytes, composite, sizeof bytes);
	bytes[36] = 0;
	assert_int_equal(usb_descriptors_parse(bytes, sizeof bytes, &facts), -1);
	bytes[36] = 1;
	assert_int_equal(usb_descriptors_parse(bytes, sizeof bytes, &facts), -1);
	memcpy(bytes, composite, sizeof bytes);
	bytes[1] = 2;
	assert_int_equal(usb_descriptors_parse(bytes, sizeof bytes, &facts), -1);
}

static void attack_29_a_node_that_says_anything_else_does_not_match(void **state)
{
	uint8_t node[sizeof composite + 64] = { 0 };

	(void)state;
	memcpy(node, composite, sizeof composite);
	assert_true(usb_descriptors_match(composite, sizeof composite, node, sizeof composite));
	for (size_t i = 0; i < sizeof composite; i++) {
		node[i] ^= 1;
		assert_false(usb_descriptors_match(composite, sizeof composite, node,
						   sizeof composite));
		node[i] ^= 1;
	}
	assert_false(usb_descriptors_match(composite, sizeof composite, node,
					   sizeof composite - 1));
	assert_false(usb_descriptors_match(composite, 17, node, sizeof composite));
	assert_false(usb_descriptors_match(composite, 0, node, 0));
	/* The node counts what a last configuration claims and is not there. */
	assert_true(usb_descriptors_match(composite, sizeof composite, node, sizeof node));
	node[sizeof node - 1] = 1;
	assert_false(usb_descriptors_match(composite, sizeof composite, node, sizeof node));
}

static void check_title(const char *manufacturer, const char *product, const char *wanted)
{
	const struct usb_facts facts = { .vendor = 0x951, .product = 0x1666 };
	char title[USB_TITLE_SIZE];

	usb_title(&facts, manufacturer, product, title);
	assert_string_equal(title, wanted);
}

static void titles_are_ids_and_names(void **state)
{
	(void)state;
	check_title("Kingston", "DataTraveler 3.0", "0951:1666 Kingston DataTraveler 3.0");
	check_title(NULL, "DataTraveler", "0951:1666 DataTraveler");
	check_title("Kingston", "", "0951:1666 Kingston");
	check_title(NULL, NULL, "0951:1666");
}

static void attack_31_titles_carry_no_markup_and_no_control_bytes(void **state)
{
	char bytes[256], title[USB_TITLE_SIZE];
	const struct usb_facts facts = { .vendor = 1 };

	(void)state;
	check_title("\033[2J\n<b>x</b>", "$(user)&`%s\\x41\xc3\xa9",
		    "0951:1666 ??2J??b?x?/b? ?(user)???s?x41??");
	for (unsigned i = 0; i < 255; i++)
		bytes[i] = (char)(i + 1);
	bytes[255] = '\0';
	for (unsigned i = 0; i < 255; i += 20) {
		usb_title(&facts, bytes + i, bytes + 254 - i, title);
		assert_true(strlen(title) < sizeof title);
		assert_int_equal(strspn(title, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					       "0123456789 ._+,:()/-?"),
				 strlen(title));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_configuration_and_alternate_setting_counts),
		cmocka_unit_test(the_class_of_the_device_counts),
		cmocka_unit_test(a_class_is_listed_once_and_all_256_fit),
		cmocka_unit_test(attack_31_lying_lengths_hide_nothing),
		cmocka_unit_test(attack_31_what_is_cut_off_is_no_device),
		cmocka_unit_test(attack_29_a_node_that_says_anything_else_does_not_match),
		cmocka_unit_test(titles_are_ids_and_names),
		cmocka_unit_test(attack_31_titles_carry_no_markup_and_no_control_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
