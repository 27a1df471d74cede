/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A USB device whose disk the machine uses is known; in the place of /dev is nodes.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "judge/kind/usb/disks.h"
#include "tests/unit/usb-tree.h"

struct place {
	struct tree *tree;
	struct usb_places places;
};

static int set_up(void **state)
{
	const struct gadget stick = { .port = "1-1", .bus = 1, .device = 2, .vendor = 0x951 };
	struct place *place = calloc(1, sizeof *place);

	if (place == NULL)
		return -1;
	place->tree = usb_tree_new(&place->places);
	usb_tree_add(place->tree, &stick);
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

static void look(struct place *place, enum usb_disks wanted, const char *wanted_name)
{
	char name[USB_DISK_NAME_SIZE];
	struct usb_device device;

	assert_int_equal(usb_device_load(place->places.devices, "1-1", &device), 0);
	assert_int_equal(usb_disks_look(&place->places, NULL, &device, name), wanted);
	assert_string_equal(name, wanted_name);
	usb_device_release(&device);
}

static void attack_30_a_disk_in_use_is_an_obstacle(void **state)
{
	struct place *place = *state;

	look(place, USB_DISKS_NONE, "");
	usb_tree_add_disk(place->tree, "busy-other", "1-10");
	look(place, USB_DISKS_NONE, "");
	usb_tree_add_disk(place->tree, "free", "1-1");
	look(place, USB_DISKS_FREE, "");
	usb_tree_add_disk(place->tree, "empty", "1-1");
	look(place, USB_DISKS_FREE, "");
	/* The card reader has a second slot. */
	usb_tree_add_disk(place->tree, "busy", "1-1");
	look(place, USB_DISKS_IN_USE, "busy");
}

static void attack_30_holders_are_obstacles(void **state)
{
	struct place *place = *state;

	usb_tree_add_disk(place->tree, "free", "1-1");
	usb_tree_add_disk(place->tree, "free1", "1-1");
	usb_tree_set_disk(place->tree, "free1", "1-1", "partition", "1\n");
	look(place, USB_DISKS_FREE, "");
	usb_tree_set_disk(place->tree, "free1", "1-1", "holders/dm-0", "");
	look(place, USB_DISKS_IN_USE, "free1");
}

static void what_cannot_be_looked_at_is_an_obstacle(void **state)
{
	struct place *place = *state;

	usb_tree_add_disk(place->tree, "denied", "1-1");
	look(place, USB_DISKS_UNKNOWN, "denied");
	tree_remove(place->tree, "class/block/denied");
	usb_tree_add_disk(place->tree, "sdclosed", "1-1");
	look(place, USB_DISKS_CLOSED, "sdclosed");
	tree_remove(place->tree, "class/block/sdclosed");
	close(place->places.blocks);
	place->places.blocks = -1;
	look(place, USB_DISKS_UNKNOWN, "");
}

/* Where the caller lets memory or files run short, an answer fails, and must not mean "free". */
static void attack_36_a_look_that_fails_is_an_obstacle(void **state)
{
	struct place *place = *state;

	usb_tree_add_disk(place->tree, "free", "1-1");
	usb_tree_set_disk(place->tree, "free", "1-1", "holders", "no folder");
	look(place, USB_DISKS_UNKNOWN, "free");
	tree_remove(place->tree, "class/block/free");
	look(place, USB_DISKS_NONE, "");
	tree_folder(place->tree, "class/block/odd");
	look(place, USB_DISKS_UNKNOWN, "odd");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(attack_30_a_disk_in_use_is_an_obstacle),
		TEST(attack_30_holders_are_obstacles),
		TEST(attack_36_a_look_that_fails_is_an_obstacle),
		TEST(what_cannot_be_looked_at_is_an_obstacle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
