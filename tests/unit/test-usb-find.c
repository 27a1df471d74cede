/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Exactly the devices that fit a request are found, and each is held. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "judge/kind/usb/find.h"
#include "tests/unit/usb-tree.h"

struct place {
	struct tree *tree;
	struct usb_places places;
	char found[256]; /* ports, in their order by name */
};

static const struct gadget gadgets[] = {
	{ .port = "usb1", .bus = 1, .device = 1, .vendor = 0x1d6b, .product = 2, .device_class = 9 },
	{ .port = "usb11", .bus = 11, .device = 1, .vendor = 0x1d6b, .product = 2 },
	{ .port = "1-1", .bus = 1, .device = 2, .vendor = 0x951, .product = 0x1666, .serial = "001" },
	{ .port = "1-1.4", .bus = 1, .device = 3, .vendor = 0x951, .product = 0x1666,
	  .serial = "0012" },
	{ .port = "1-14", .bus = 1, .device = 30, .vendor = 0x951, .product = 0x1667 },
	{ .port = "11-1", .bus = 11, .device = 2, .vendor = 0x951, .product = 0x1666,
	  .serial = "001" },
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof *place);

	if (place == NULL)
		return -1;
	place->tree = usb_tree_new(&place->places);
	for (size_t i = 0; i < sizeof gadgets / sizeof gadgets[0]; i++)
		usb_tree_add(place->tree, &gadgets[i]);
	/* Interfaces are in the list, too. */
	tree_link(place->tree, "bus/usb/devices/1-1:1.0", "../../../devices/1-1");
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	usb_tree_free(place->tree, &place->places);
	free(place);
	return 0;
}

static void note(void *context, struct usb_device *device)
{
	struct place *place = context;
	size_t length = strlen(place->found);

	assert_true(snprintf(place->found + length, sizeof place->found - length, "%s ",
			     device->port) < 64);
	assert_non_null(device->descriptors);
	assert_int_equal(usb_device_check(device), 0);
	usb_device_release(device);
}

/* A name for each device that has to be found, and no more. */
static void check_found(struct place *place, struct request_usb wanted, const char *ports)
{
	char text[256], *rest = text;
	size_t length = 0;

	place->found[0] = '\0';
	usb_find(&place->places, &wanted, note, place);
	strcpy(text, ports);
	for (char *port = strtok_r(text, " ", &rest); port != NULL;
	     port = strtok_r(NULL, " ", &rest)) {
		char needle[40];

		snprintf(needle, sizeof needle, "%s ", port);
		assert_non_null(strstr(place->found, needle));
		length += strlen(needle);
	}
	assert_int_equal(strlen(place->found), length);
}

#define IDS(v, p) .has_ids = 1, .vendor = (v), .product = (p)
#define NUMBER(b, d) .has_number = 1, .bus = (b), .device = (d)
#define WANT(...) (struct request_usb){ __VA_ARGS__ }

static void devices_are_found_by_what_names_them(void **state)
{
	check_found(*state, WANT(IDS(0x951, 0x1666)), "1-1 1-1.4 11-1");
	check_found(*state, WANT(IDS(0x951, 0x1667)), "1-14");
	check_found(*state, WANT(IDS(0x1d6b, 2)), "usb1 usb11");
	check_found(*state, WANT(.port = "1-1"), "1-1");
	check_found(*state, WANT(.port = "1-1.4"), "1-1.4");
	check_found(*state, WANT(NUMBER(1, 2)), "1-1");
	check_found(*state, WANT(NUMBER(11, 2)), "11-1");
	check_found(*state, WANT(NUMBER(1, 1)), "usb1");
	check_found(*state, WANT(NUMBER(11, 1)), "usb11");
	check_found(*state, WANT(IDS(0x951, 0x1666), .serial = "001"), "1-1 11-1");
	check_found(*state, WANT(IDS(0x951, 0x1666), .serial = "001", NUMBER(11, 2)), "11-1");
	check_found(*state, WANT(IDS(0x951, 0x1666), .serial = "0012", NUMBER(1, 3),
				 .port = "1-1.4"), "1-1.4");
}

static void attack_18_prefixes_and_twins_do_not_fit(void **state)
{
	check_found(*state, WANT(.port = "1-1.40"), "");
	check_found(*state, WANT(.port = "1-1."), "");
	check_found(*state, WANT(.port = "1-1:1.0"), "");
	check_found(*state, WANT(NUMBER(1, 300)), "");
	check_found(*state, WANT(NUMBER(1, 0)), "");
	check_found(*state, WANT(IDS(0x951, 0x1666), .serial = "00"), "");
	check_found(*state, WANT(IDS(0x951, 0x1666), .serial = "00123"), "");
	check_found(*state, WANT(IDS(0x951, 0x1667), .serial = "001"), "");
	check_found(*state, WANT(IDS(0x951, 0x1666), NUMBER(1, 30)), "");
	check_found(*state, WANT(IDS(0x951, 0x1666), .port = "1-14"), "");
	check_found(*state, WANT(IDS(0x9510, 0x1666)), "");
}

static void attack_31_nonsense_in_attributes_makes_no_device(void **state)
{
	static const struct {
		const char *name, *text;
	} nonsense[] = {
		{ "busnum", "" }, { "busnum", "1000\n" }, { "busnum", "0\n" }, { "busnum", "-1\n" },
		{ "busnum", NULL }, { "devnum", "x\n" }, { "devnum", NULL }, { "dev", "189\n" },
		{ "dev", NULL }, { "descriptors", "" }, { "descriptors", "short" },
		{ "descriptors", NULL }, { "idProduct", "16666\n" },
	};
	struct place *place = *state;

	for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++) {
		tree_remove(place->tree, "devices/1-14");
		tree_remove(place->tree, "bus/usb/devices/1-14");
		usb_tree_add(place->tree, &gadgets[4]);
		check_found(place, WANT(IDS(0x951, 0x1667)), "1-14");
		usb_tree_set(place->tree, "1-14", nonsense[i].name, nonsense[i].text);
		check_found(place, WANT(IDS(0x951, 0x1667)), "");
	}
}

/* The attributes say one thing, the descriptors another: the latter are the device. */
static void attack_31_descriptors_count_and_not_the_attributes_alone(void **state)
{
	struct place *place = *state;

	usb_tree_set(place->tree, "1-14", "idProduct", "1666\n");
	check_found(place, WANT(IDS(0x951, 0x1666)), "1-1 1-1.4 11-1");
	usb_tree_set(place->tree, "1-14", "busnum", "2\n");
	check_found(place, WANT(NUMBER(1, 30)), "");
}

static void a_machine_without_usb_has_no_devices(void **state)
{
	struct place *place = *state;
	const struct request_usb wanted = WANT(IDS(0x951, 0x1666));
	const struct usb_places nowhere = { -1, -1, -1, -1 };

	place->found[0] = '\0';
	usb_find(&nowhere, &wanted, note, place);
	assert_string_equal(place->found, "");
}

static void load(struct place *place, const char *name, struct usb_device *device)
{
	assert_int_equal(usb_device_load(place->places.devices, name, device), 0);
}

static void hubs_are_known_by_their_children(void **state)
{
	struct place *place = *state;
	struct usb_device device;

	load(place, "1-1", &device);
	tree_folder(place->tree, "devices/1-1/1-1:1.0");
	tree_folder(place->tree, "devices/1-1/1-10.2");
	assert_int_equal(usb_has_children(&device), 0);
	tree_folder(place->tree, "devices/1-1/1-1.4:1.0");
	assert_int_equal(usb_has_children(&device), 0);
	tree_folder(place->tree, "devices/1-1/1-1.4");
	assert_int_equal(usb_has_children(&device), 1);
	usb_device_release(&device);
}

/* ATTACKS 29 */
static void attack_29_a_device_that_changed_or_came_back_is_another_one(void **state)
{
	static const struct {
		const char *name, *text;
	} changes[] = {
		{ "busnum", "2\n" }, { "devnum", "31\n" }, { "dev", "189:2\n" }, { "serial", "1\n" },
		{ "descriptors", "x" }, { "busnum", NULL }, { "descriptors", NULL },
	};
	struct place *place = *state;
	struct usb_device device;

	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		load(place, "1-14", &device);
		usb_tree_set(place->tree, "1-14", changes[i].name, changes[i].text);
		assert_true(usb_device_check(&device) < 0);
		usb_device_release(&device);
		usb_tree_set(place->tree, "1-14", "serial", NULL);
		tree_remove(place->tree, "devices/1-14");
		tree_remove(place->tree, "bus/usb/devices/1-14");
		usb_tree_add(place->tree, &gadgets[4]);
	}
	load(place, "1-14", &device);
	assert_int_equal(usb_device_check(&device), 0);
	tree_remove(place->tree, "devices/1-14");
	tree_remove(place->tree, "bus/usb/devices/1-14");
	usb_tree_add(place->tree, &gadgets[4]);
	/* The same in every word, under the same name: but it is not that one. */
	assert_true(usb_device_check(&device) < 0);
	usb_device_release(&device);
}

static void attack_29_a_node_has_to_give_the_same_descriptors(void **state)
{
	struct place *place = *state;
	struct usb_device device;
	int fd;

	load(place, "1-1", &device);
	fd = openat(place->tree->fd, "devices/1-1/descriptors", O_RDONLY | O_CLOEXEC);
	assert_true(usb_device_matches_node(&device, fd));
	/* Nothing more to read. */
	assert_false(usb_device_matches_node(&device, fd));
	close(fd);
	fd = openat(place->tree->fd, "devices/1-14/descriptors", O_RDONLY | O_CLOEXEC);
	assert_false(usb_device_matches_node(&device, fd));
	close(fd);
	assert_false(usb_device_matches_node(&device, fd));
	usb_device_release(&device);
}

static void a_device_is_described_in_one_line(void **state)
{
	struct place *place = *state;
	char text[USB_DEVICE_TEXT_SIZE];
	struct usb_device device;

	load(place, "1-1.4", &device);
	usb_device_describe(&device, text);
	assert_string_equal(text, "0951:1666 port 1-1.4 serial 0012");
	strcpy(device.serial, "\033[2J\n");
	usb_device_describe(&device, text);
	assert_string_equal(text, "0951:1666 port 1-1.4 serial \\x1b[2J\\x0a");
	usb_device_release(&device);
	load(place, "1-14", &device);
	usb_device_describe(&device, text);
	assert_string_equal(text, "0951:1667 port 1-14");
	assert_false(usb_device_is_blocked(&device));
	usb_tree_set(place->tree, "1-14", "authorized", "1\n");
	assert_false(usb_device_is_blocked(&device));
	usb_tree_set(place->tree, "1-14", "authorized", "0\n");
	assert_true(usb_device_is_blocked(&device));
	usb_tree_set(place->tree, "1-14", "authorized", "yes\n");
	assert_true(usb_device_is_blocked(&device));
	usb_device_release(&device);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(devices_are_found_by_what_names_them),
		TEST(attack_18_prefixes_and_twins_do_not_fit),
		TEST(attack_31_nonsense_in_attributes_makes_no_device),
		TEST(attack_31_descriptors_count_and_not_the_attributes_alone),
		TEST(a_machine_without_usb_has_no_devices),
		TEST(hubs_are_known_by_their_children),
		TEST(attack_29_a_device_that_changed_or_came_back_is_another_one),
		TEST(attack_29_a_node_has_to_give_the_same_descriptors),
		TEST(a_device_is_described_in_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
