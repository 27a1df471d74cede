/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A disk that two controllers reach: the kernel knows two, and they are one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

#include "judge/kind/disk/device.h"
#include "judge/kind/disk/use.h"
#include "tests/unit/tree.h"

#define WWID "naa.6001405000000001\n"
/* Of no device that this machine may have mounted. */
#define MAJOR 4000

struct place {
	struct tree *tree;
	struct disk_places places;
	struct disk_device device;
};

static void set(const struct place *place, const char *disk, const char *attribute, const char *text)
{
	char path[96];

	(void)snprintf(path, sizeof path, "class/block/%s/%s", disk, attribute);
	tree_write(place->tree, path, text);
}

static void add_disk(const struct place *place, const char *name, unsigned minor_number)
{
	char number[32], path[64], target[64];

	(void)snprintf(number, sizeof number, "%d:%u\n", MAJOR, minor_number);
	set(place, name, "dev", number);
	set(place, name, "size", "2048\n");
	(void)snprintf(path, sizeof path, "dev/block/%d:%u", MAJOR, minor_number);
	(void)snprintf(target, sizeof target, "../../devices/block/%s", name);
	tree_link(place->tree, path, target);
}

static void add_path(const struct place *place, const char *name, unsigned minor_number)
{
	add_disk(place, name, minor_number);
	set(place, name, "device/wwid", WWID);
}

static int load(struct place *place)
{
	disk_device_release(&place->device);
	return disk_device_load(&place->places, makedev(MAJOR, 0), &place->device);
}

static int set_up(void **state)
{
	const int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
	struct place *place = calloc(1, sizeof *place);

	if (place == NULL)
		return -1;
	place->tree = tree_new();
	tree_folder(place->tree, "dev/block");
	add_path(place, "first", 0);
	place->places = (struct disk_places){
		.blocks = openat(place->tree->fd, "class/block", flags),
		.numbers = openat(place->tree->fd, "dev/block", flags),
		.dev = -1,
	};
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	disk_device_release(&place->device);
	disk_places_close(&place->places);
	tree_free(place->tree);
	free(place);
	return 0;
}

static void paths_are_told_by_the_name_for_the_world(void **state)
{
	struct place *place = *state;

	add_path(place, "second", 1);
	add_disk(place, "nameless", 2);
	add_disk(place, "other", 3);
	set(place, "other", "device/wwid", "naa.6001405000000002\n");
	add_disk(place, "nvme", 4);
	set(place, "nvme", "wwid", "eui.1\n");
	assert_int_equal(load(place), 0);
	assert_int_equal(place->device.others.count, 1);
	assert_string_equal(place->device.others.names[0], "second");
	set(place, "first", "device/wwid", "eui.1\n");
	assert_int_equal(load(place), 0);
	assert_int_equal(place->device.others.count, 1);
	assert_string_equal(place->device.others.names[0], "nvme");
}

static void disks_without_such_a_name_are_not_compared(void **state)
{
	struct place *place = *state;

	tree_remove(place->tree, "class/block/first/device");
	add_disk(place, "second", 1);
	assert_int_equal(load(place), 0);
	assert_int_equal(place->device.others.count, 0);
}

static void attack_86_another_path_that_is_in_use(void **state)
{
	struct place *place = *state;
	char text[DISK_USE_SIZE];

	add_path(place, "second", 1);
	add_disk(place, "second/second1", 2);
	add_disk(place, "second1", 3);
	set(place, "second/second1", "partition", "1\n");
	assert_int_equal(load(place), 0);
	assert_int_equal(disk_use_find(&place->places, &place->device, text), 0);
	set(place, "second1", "holders/dm-0/x", "");
	assert_int_equal(disk_use_find(&place->places, &place->device, text), 1);
	assert_string_equal(text, "second1 is part of dm-0, and second is another path to the same "
				  "disk");
}

static void attack_86_another_path_that_is_claimed(void **state)
{
	struct place *place = *state;
	char text[DISK_USE_SIZE];

	add_path(place, "free", 1);
	assert_int_equal(load(place), 0);
	assert_int_equal(disk_use_find_claim(&place->device, NULL, text), 0);
	add_path(place, "busy", 2);
	assert_int_equal(load(place), 0);
	assert_int_equal(disk_use_find_claim(&place->device, NULL, text), 1);
	assert_string_equal(text, "busy, another path to the same disk, is in use");
	tree_remove(place->tree, "class/block/busy");
	/* Not to be told is not to be had. */
	add_path(place, "denied", 3);
	assert_int_equal(load(place), 0);
	assert_int_equal(disk_use_find_claim(&place->device, NULL, text), -EACCES);
}

static void attack_64_a_deny_for_one_path_is_about_all(void **state)
{
	struct place *place = *state;
	dev_t numbers[8];

	add_path(place, "second", 1);
	assert_int_equal(load(place), 0);
	assert_int_equal(disk_device_shared(&place->places, &place->device, numbers, 8), 2);
	assert_int_equal(numbers[0], makedev(MAJOR, 0));
	assert_int_equal(numbers[1], makedev(MAJOR, 1));
}

static void attack_87_a_path_that_comes_while_polkit_asks(void **state)
{
	struct place *place = *state;

	assert_int_equal(load(place), 0);
	assert_int_equal(disk_device_check(&place->places, &place->device), 0);
	add_path(place, "second", 1);
	assert_int_equal(disk_device_check(&place->places, &place->device), -ENODEV);
}

static void attack_36_what_cannot_be_told_is_an_error(void **state)
{
	struct place *place = *state;
	char name[16];

	add_disk(place, "odd", 1);
	tree_folder(place->tree, "class/block/odd/device/wwid");
	assert_int_equal(load(place), -EISDIR);
	tree_remove(place->tree, "class/block/odd");
	for (unsigned i = 0; i <= DISK_OTHERS_MAX; i++) {
		(void)snprintf(name, sizeof name, "path%u", i);
		add_path(place, name, 10 + i);
	}
	assert_int_equal(load(place), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
		TEST(paths_are_told_by_the_name_for_the_world),
		TEST(disks_without_such_a_name_are_not_compared),
		TEST(attack_86_another_path_that_is_in_use),
		TEST(attack_86_another_path_that_is_claimed),
		TEST(attack_64_a_deny_for_one_path_is_about_all),
		TEST(attack_87_a_path_that_comes_while_polkit_asks),
		TEST(attack_36_what_cannot_be_told_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
