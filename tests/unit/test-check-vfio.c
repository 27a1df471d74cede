/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant check --vfio on made-up machines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/command/kind/vfio/vfio.h"
#include "tests/unit/check-fixture.h"

#define CARD "0000:03:00.0"
#define SOUND "0000:03:00.1"
#define BRIDGE "0000:00:01.0"

/* A device with its driver ("-": none) in a group. */
static void add_device(const struct machine *machine, const char *address, const char *class,
		       const char *driver, const char *group)
{
	char *script = text_format(
		"d=sys/bus/pci/devices/%s; g=sys/kernel/iommu_groups/%s; "
		"mkdir -p $d $g/devices sys/bus/pci/drivers/%s; "
		"echo 0x10de >$d/vendor; echo 0x1b80 >$d/device; echo %s >$d/class; "
		"ln -s ../../../../$g $d/iommu_group; ln -s ../../../../../$d $g/devices/; "
		"test %s = - || ln -s ../../drivers/%s $d/driver",
		address, group, driver, class, driver, driver);

	run_shell(machine, script);
	free(script);
}

static int begin(void **state)
{
	return begin_machine(state, (struct check){ .user = "alice", .name = "vfio",
						    .helper = "/nowhere", .object = CARD });
}

/* The finding whose text has those words; the test fails if there is none. */
static const struct finding *find(const struct machine *machine, const char *words)
{
	for (size_t i = 0; i < machine->check.count; i++) {
		if (strstr(machine->check.findings[i].what, words) != NULL)
			return &machine->check.findings[i];
	}
	print_error("no finding says: %s\n", words);
	fail();
	return NULL;
}

static void everything_is_bound(void **state)
{
	struct machine *machine = *state;

	add_device(machine, CARD, "0x030000", "vfio-pci", "12");
	add_device(machine, SOUND, "0x040300", "-", "12");
	add_device(machine, BRIDGE, "0x060400", "pcieport", "12");
	run_shell(machine, "mkdir -p dev/vfio && touch dev/vfio/vfio dev/vfio/12");
	check_vfio(&machine->check);
	assert_int_equal(check_worst(&machine->check), CHECK_OK);
	assert_int_equal(machine->check.count, 4);
	assert_non_null(strstr(find(machine, CARD)->what, "(10de:1b80, driver vfio-pci): group 12"));
	(void)find(machine, "a PCI bridge, stays as it is");
	(void)find(machine, "in nobody's use");
	(void)find(machine, "/dev/vfio/12 and /dev/vfio/vfio: there");
}

static void a_machine_that_lets_nobody_look_into_qemu_is_warned_of(void **state)
{
	struct machine *machine = *state;

	add_device(machine, CARD, "0x030000", "vfio-pci", "12");
	run_shell(machine, "mkdir -p dev/vfio proc/sys/kernel/yama && "
			   "touch dev/vfio/vfio dev/vfio/12 && "
			   "echo 1 >proc/sys/kernel/yama/ptrace_scope");
	check_vfio(&machine->check);
	assert_int_equal(check_worst(&machine->check), CHECK_OK);
	check_release(&machine->check);
	run_shell(machine, "echo 2 >proc/sys/kernel/yama/ptrace_scope");
	check_vfio(&machine->check);
	assert_int_equal(find(machine, "ptrace_scope is 2")->level, CHECK_WARN);
	/* Nobody is told to take a protection from the whole machine. */
	assert_int_equal(find(machine, "ptrace_scope is 2")->remedy, CHECK_ADVICE);
	assert_null(strstr(find(machine, "ptrace_scope is 2")->mend, "sysctl"));
	check_release(&machine->check);
	run_shell(machine, "echo 3 >proc/sys/kernel/yama/ptrace_scope");
	check_vfio(&machine->check);
	assert_int_equal(find(machine, "ptrace_scope is 3")->level, CHECK_WARN);
	check_release(&machine->check);
	/* By iommufd nobody has to look. */
	run_shell(machine, "mkdir -p sys/bus/pci/devices/" CARD "/vfio-dev/vfio3 && "
			   "touch dev/iommu");
	check_vfio(&machine->check);
	assert_int_equal(check_worst(&machine->check), CHECK_OK);
}

static void domains_above_16_bits_are_known(void **state)
{
	struct machine *machine = *state;

	add_device(machine, "10000:e1:00.0", "0x010802", "vfio-pci", "40");
	run_shell(machine, "mkdir -p dev/vfio && touch dev/vfio/vfio dev/vfio/40");
	machine->check.object = "10000:E1:00.0";
	check_vfio(&machine->check);
	assert_int_equal(check_worst(&machine->check), CHECK_OK);
	(void)find(machine, "10000:e1:00.0 (10de:1b80, driver vfio-pci): group 40");
}

static void the_nodes_of_new_kernels_are_known(void **state)
{
	struct machine *machine = *state;

	add_device(machine, CARD, "0x030000", "vfio-pci", "12");
	run_shell(machine, "mkdir -p dev sys/bus/pci/devices/" CARD "/vfio-dev/vfio3 && "
			   "touch dev/iommu");
	check_vfio(&machine->check);
	assert_int_equal(check_worst(&machine->check), CHECK_OK);
	(void)find(machine, "/dev/vfio/devices/vfio3 and /dev/iommu: there");
}

static void what_is_in_use_is_bound_by_sysfs(void **state)
{
	struct machine *machine = *state;

	add_device(machine, CARD, "0x030000", "nouveau", "12");
	add_device(machine, SOUND, "0x040300", "snd_hda_intel", "12");
	check_vfio(&machine->check);
	assert_int_equal(find(machine, CARD)->level, CHECK_FAIL);
	assert_string_equal(find(machine, CARD)->mend,
			    "sudo sh -c 'modprobe vfio-pci && echo vfio-pci "
			    ">/sys/bus/pci/devices/0000:03:00.0/driver_override && "
			    "echo 0000:03:00.0 >/sys/bus/pci/drivers/nouveau/unbind && "
			    "echo 0000:03:00.0 >/sys/bus/pci/drivers_probe'");
	assert_non_null(strstr(find(machine, SOUND)->mend, "drivers/snd_hda_intel/unbind"));
	/* The commands above bring them. */
	assert_int_equal(find(machine, "no node below /dev/vfio")->level, CHECK_FAIL);
	assert_null(find(machine, "no node below /dev/vfio")->mend);
}

static void nodes_that_a_container_hides_are_no_matter_of_binding(void **state)
{
	struct machine *machine = *state;

	add_device(machine, CARD, "0x030000", "vfio-pci", "12");
	check_vfio(&machine->check);
	assert_int_equal(find(machine, "its nodes are not here")->level, CHECK_FAIL);
	assert_non_null(strstr(find(machine, "its nodes are not here")->mend, "container"));
}

static void driverctl_is_used_where_it_is(void **state)
{
	struct machine *machine = *state;

	add_device(machine, CARD, "0x030000", "nouveau", "12");
	run_shell(machine, "mkdir -p usr/sbin && touch usr/sbin/driverctl");
	check_vfio(&machine->check);
	assert_string_equal(find(machine, CARD)->mend, "sudo modprobe vfio-pci && "
						       "sudo driverctl set-override " CARD
						       " vfio-pci");
}

static void a_device_without_driver_needs_no_unbinding(void **state)
{
	struct machine *machine = *state;

	add_device(machine, CARD, "0x030000", "-", "12");
	check_vfio(&machine->check);
	assert_non_null(strstr(find(machine, CARD)->what, "no driver): group 12: not bound to VFIO"));
	assert_null(strstr(find(machine, CARD)->mend, "unbind"));
}

static void attack_32_a_group_without_iommu_is_named(void **state)
{
	struct machine *machine = *state;

	add_device(machine, CARD, "0x030000", "vfio-pci", "0");
	run_shell(machine, "echo vfio-noiommu >sys/kernel/iommu_groups/0/name");
	check_vfio(&machine->check);
	assert_int_equal(find(machine, "without IOMMU")->level, CHECK_FAIL);
	assert_non_null(strstr(find(machine, "without IOMMU")->mend, "switch the IOMMU on"));
}

static void the_console_is_warned_of(void **state)
{
	struct machine *machine = *state;

	add_device(machine, CARD, "0x030000", "vfio-pci", "12");
	run_shell(machine, "echo 1 >sys/bus/pci/devices/" CARD "/boot_vga");
	check_vfio(&machine->check);
	assert_int_equal(find(machine, "console of this machine")->level, CHECK_WARN);
}

static void what_is_no_device_or_in_no_group_is_named(void **state)
{
	static const char *const wrong[] = { "", "3", "0000:03:00", "0000:03:00.0x", "0000-03:00.0",
					     "../../etc", "0000:03:00.g", "000:03:00.0" };
	struct machine *machine = *state;

	check_vfio(&machine->check);
	assert_int_equal(find(machine, "no such PCI device")->level, CHECK_FAIL);
	run_shell(machine, "mkdir -p sys/bus/pci/devices/" CARD);
	machine->check.object = "03:00.0";
	check_vfio(&machine->check);
	assert_int_equal(find(machine, CARD ": in no IOMMU group")->level, CHECK_FAIL);
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		check_release(&machine->check);
		machine->check.object = wrong[i];
		check_vfio(&machine->check);
		assert_int_equal(find(machine, "not a PCI address")->level, CHECK_FAIL);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(everything_is_bound),
		TEST(a_machine_that_lets_nobody_look_into_qemu_is_warned_of),
		TEST(domains_above_16_bits_are_known),
		TEST(the_nodes_of_new_kernels_are_known),
		TEST(what_is_in_use_is_bound_by_sysfs),
		TEST(nodes_that_a_container_hides_are_no_matter_of_binding),
		TEST(driverctl_is_used_where_it_is),
		TEST(a_device_without_driver_needs_no_unbinding),
		TEST(attack_32_a_group_without_iommu_is_named),
		TEST(the_console_is_warned_of),
		TEST(what_is_no_device_or_in_no_group_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
