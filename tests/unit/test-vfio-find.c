/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A device and its IOMMU group are found whole, or not at all. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

#include "judge/kind/vfio/find.h"
#include "tests/unit/machine.h"

static int set_up(void **state)
{
	*state = tree_new();
	machine_with_gpu(*state);
	return 0;
}

static int tear_down(void **state)
{
	tree_free(*state);
	return 0;
}

static int find(const struct tree *sys, struct vfio_finding *finding)
{
	return vfio_find(sys->fd, MACHINE_GPU, finding);
}

static void the_whole_group_is_found_in_the_order_of_addresses(void **state)
{
	struct vfio_finding found;

	assert_int_equal(find(*state, &found), 0);
	assert_true(found.is_there);
	assert_int_equal(found.group, 12);
	assert_false(found.is_noiommu);
	assert_int_equal(found.member_count, 3);
	assert_string_equal(found.members[0].name, "0000:00:03.0");
	assert_string_equal(found.members[0].driver, "pcieport");
	assert_string_equal(found.members[1].name, MACHINE_GPU);
	assert_int_equal(found.members[1].vendor, 0x10de);
	assert_int_equal(found.members[1].device, 0x1c82);
	assert_int_equal(found.members[1].class_code, 0x030000);
	assert_string_equal(found.members[2].name, MACHINE_SOUND);
	assert_string_equal(found.device.name, MACHINE_GPU);
	assert_string_equal(found.device.driver, "vfio-pci");
}

static void nodes_are_those_that_the_kernel_has(void **state)
{
	const struct tree *sys = *state;
	struct vfio_finding found;

	assert_int_equal(find(sys, &found), 0);
	assert_true(found.group_number == makedev(244, 0));
	assert_true(found.container_number == makedev(10, 196));
	assert_true(found.device_number == 0 && found.iommu_number == 0);
	machine_offer_device(sys, MACHINE_GPU, "vfio7");
	assert_int_equal(find(sys, &found), 0);
	assert_int_equal(found.device_index, 7);
	assert_true(found.device_number == makedev(510, 3));
	assert_true(found.iommu_number == makedev(10, 124));
}

static void a_kernel_without_device_nodes_has_a_folder_without_number(void **state)
{
	const struct tree *sys = *state;
	struct vfio_finding found;

	tree_folder(sys, "devices/" MACHINE_GPU "/vfio-dev/vfio0");
	assert_int_equal(find(sys, &found), 0);
	assert_true(found.device_number == 0);
}

static void a_device_that_is_not_there_is_not_found(void **state)
{
	const struct tree *sys = *state;
	struct vfio_finding found;

	assert_int_equal(vfio_find(sys->fd, "0000:05:00.0", &found), -ENOENT);
	assert_false(found.is_there);
}

static void attack_27_addresses_do_not_lead_elsewhere(void **state)
{
	const struct tree *sys = *state;
	struct vfio_finding found;

	assert_true(vfio_find(sys->fd, "..", &found) < 0);
	assert_true(vfio_find(sys->fd, "../devices/" MACHINE_GPU, &found) < 0);
	assert_true(vfio_find(sys->fd, "", &found) < 0);
	assert_false(found.is_there);
}

static void a_device_without_a_group_is_there(void **state)
{
	const struct machine_device alone = { "0000:05:00.0", NULL, "0x1234", "0x11e8",
					      "0x00ff00", "vfio-pci" };
	const struct tree *sys = *state;
	struct vfio_finding found;

	machine_add(sys, &alone);
	assert_int_equal(vfio_find(sys->fd, alone.address, &found), -ENODEV);
	assert_true(found.is_there);
	assert_int_equal(found.device.vendor, 0x1234);
}

static void attack_32_a_noiommu_group_is_noticed(void **state)
{
	const struct tree *sys = *state;
	struct vfio_finding found;

	tree_write(sys, "kernel/iommu_groups/12/name", "vfio-noiommu\n");
	assert_int_equal(find(sys, &found), 0);
	assert_true(found.is_noiommu);
	tree_write(sys, "kernel/iommu_groups/12/name", "other\n");
	assert_int_equal(find(sys, &found), 0);
	assert_false(found.is_noiommu);
}

static void attack_32_a_group_without_its_device_is_none(void **state)
{
	const struct tree *sys = *state;
	struct vfio_finding found;

	tree_remove(sys, "kernel/iommu_groups/12/devices/" MACHINE_GPU);
	assert_int_equal(find(sys, &found), -ESTALE);
}

static void attack_32_a_member_that_goes_is_no_smaller_group(void **state)
{
	const struct tree *sys = *state;
	struct vfio_finding found;

	tree_remove(sys, "devices/" MACHINE_SOUND "/vendor");
	assert_int_equal(find(sys, &found), -ESTALE);
	tree_remove(sys, "devices/" MACHINE_SOUND);
	assert_int_equal(find(sys, &found), -ESTALE);
}

static void attack_32_more_members_than_fit_are_refused(void **state)
{
	const struct tree *sys = *state;
	struct vfio_finding found;
	char address[32];

	for (unsigned i = 3; i <= VFIO_MEMBERS_MAX; i++) {
		const struct machine_device more = { address, "12", "0x8086", "0x1000", "0x020000",
						     NULL };

		assert_int_equal(find(sys, &found), 0);
		(void)snprintf(address, sizeof address, "0000:%02x:00.0", 0x40 + i);
		machine_add(sys, &more);
	}
	assert_int_equal(find(sys, &found), -E2BIG);
	assert_true(found.is_there);
}

static void members_of_other_buses_are_known_as_such(void **state)
{
	const struct tree *sys = *state;
	struct vfio_finding found;

	machine_add_foreign(sys, "fd000000.gpu", "12");
	assert_int_equal(find(sys, &found), 0);
	assert_int_equal(found.member_count, 4);
	assert_string_equal(found.members[3].name, "fd000000.gpu");
	assert_false(found.members[3].is_pci);
}

/* What stands in an attribute and must not be taken for a number. */
static void attack_27_odd_numbers_are_refused(void **state)
{
	static const char *const odd[] = { "244", "244:", ":0", "244:0:0", "-1:0", "244:0x0",
					   "+244:0", "4294967296:0", "244: 0", "244:0x", "x:0",
					   "" };
	const struct tree *sys = *state;
	struct vfio_finding found;

	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
		tree_write(sys, "class/vfio/12/dev", odd[i]);
		assert_true(find(sys, &found) < 0);
	}
	tree_write(sys, "class/vfio/12/dev", "4095:1048575");
	assert_int_equal(find(sys, &found), 0);
}

static void attack_27_odd_names_of_groups_are_refused(void **state)
{
	static const char *const odd[] = { "../../kernel/iommu_groups/12x",
					   "../../kernel/iommu_groups/-1",
					   "../../kernel/iommu_groups/4294967296",
					   "../../kernel/iommu_groups/0000000000000012" };
	const struct tree *sys = *state;
	struct vfio_finding found;

	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
		tree_remove(sys, "devices/" MACHINE_GPU "/iommu_group");
		tree_link(sys, "devices/" MACHINE_GPU "/iommu_group", odd[i]);
		assert_true(find(sys, &found) < 0);
	}
}

static void attack_29_every_change_is_noticed(void **state)
{
	const struct machine_device more = { "0000:03:00.2", "12", "0x10de", "0x0001", "0x0c0330",
					     NULL };
	const struct tree *sys = *state;
	struct vfio_finding before, now;

	assert_int_equal(find(sys, &before), 0);
	assert_int_equal(find(sys, &now), 0);
	assert_true(vfio_findings_agree(&before, &now));
	machine_bind(sys, MACHINE_SOUND, "snd_hda_intel");
	assert_int_equal(find(sys, &now), 0);
	assert_false(vfio_findings_agree(&before, &now));
	machine_bind(sys, MACHINE_SOUND, "vfio-pci");
	tree_write(sys, "class/vfio/12/dev", "244:1\n");
	assert_int_equal(find(sys, &now), 0);
	assert_false(vfio_findings_agree(&before, &now));
	tree_write(sys, "class/vfio/12/dev", "244:0\n");
	tree_write(sys, "devices/" MACHINE_GPU "/device", "0x1c83\n");
	assert_int_equal(find(sys, &now), 0);
	assert_false(vfio_findings_agree(&before, &now));
	tree_write(sys, "devices/" MACHINE_GPU "/device", "0x1c82\n");
	machine_add(sys, &more);
	assert_int_equal(find(sys, &now), 0);
	assert_false(vfio_findings_agree(&before, &now));
}

static void drivers_of_vfio_are_told_from_others(void **state)
{
	static const char *const good[] = { "vfio-pci", "mlx5_vfio_pci", "nvgrace-gpu-vfio-pci",
					    "hisi_acc_vfio_pci" };
	static const char *const bad[] = { "", "vfio", "vfio-pci2", "notvfio-pci", "pci-stub",
					   "nouveau", "vfio pci", "fio-pci" };

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_true(vfio_driver_is_vfio(good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(vfio_driver_is_vfio(bad[i]));
}

static void bridges_are_those_that_vfio_passes_over(void **state)
{
	struct vfio_member bridge = { .is_pci = 1, .class_code = 0x060401, .driver = "pcieport" };

	(void)state;
	assert_true(vfio_member_is_bridge(&bridge));
	bridge.class_code = 0x060000;
	assert_false(vfio_member_is_bridge(&bridge));
	bridge.driver[0] = '\0';
	assert_true(vfio_member_is_bridge(&bridge));
	bridge.class_code = 0x060100;
	assert_false(vfio_member_is_bridge(&bridge));
	bridge.class_code = 0x068000;
	assert_false(vfio_member_is_bridge(&bridge));
	bridge = (struct vfio_member){ .is_pci = 0, .class_code = 0x060400 };
	assert_false(vfio_member_is_bridge(&bridge));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_whole_group_is_found_in_the_order_of_addresses),
		TEST(nodes_are_those_that_the_kernel_has),
		TEST(a_kernel_without_device_nodes_has_a_folder_without_number),
		TEST(a_device_that_is_not_there_is_not_found),
		TEST(attack_27_addresses_do_not_lead_elsewhere),
		TEST(a_device_without_a_group_is_there),
		TEST(attack_32_a_noiommu_group_is_noticed),
		TEST(attack_32_a_group_without_its_device_is_none),
		TEST(attack_32_a_member_that_goes_is_no_smaller_group),
		TEST(attack_32_more_members_than_fit_are_refused),
		TEST(members_of_other_buses_are_known_as_such),
		TEST(attack_27_odd_numbers_are_refused),
		TEST(attack_27_odd_names_of_groups_are_refused),
		TEST(attack_29_every_change_is_noticed),
		TEST(drivers_of_vfio_are_told_from_others),
		TEST(bridges_are_those_that_vfio_passes_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
