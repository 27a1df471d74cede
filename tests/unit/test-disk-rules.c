/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Names of disks, and what rules by them are about. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "judge/kind/disk/name.h"
#include "judge/policy/kind-rule.h"

#define UUID "01234567-89ab-cdef-0123-456789abcdef"

static void names_that_rules_may_use(void **state)
{
	static const struct {
		const char *name;
		enum disk_name_class class;
	} names[] = {
		{ "/dev/disk/by-id/ata-ACME_1\\x20x-part1", DISK_NAME_ID },
		{ "/dev/disk/by-path/pci-0000:00:1f.2-ata-1", DISK_NAME_PATH },
		{ "/dev/disk/by-partuuid/" UUID, DISK_NAME_PARTUUID },
		{ "/dev/mapper/vg-lv", DISK_NAME_MAPPER },
		{ "/dev/vg/lv", DISK_NAME_VOLUME },
		{ "/dev/disk1/lv", DISK_NAME_VOLUME },
	};
	const char *problem;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		assert_int_equal(disk_name_classify(names[i].name, &problem), names[i].class);
		assert_null(problem);
	}
}

static void attack_86_names_that_no_rule_may_use(void **state)
{
	static const char *const names[] = {
		"", "/", "/dev", "/dev/", "/dev/sda", "/dev/disk", "/dev/disk/by-id", "/dev/disk/by-id/",
		"/dev/disk/by-id/a/b", "/dev/disk/by-id/..", "/dev/disk/by-id/lvm-pv-uuid-x",
		"/dev/disk/by-uuid/01234567-89ab-cdef-0123-456789abcdef",
		"/dev/disk/by-label/x", "/dev/disk/by-partlabel/x",
		"/dev/disk/by-partuuid/0a1b2c3d-01",
		"/dev/disk/by-partuuid/01234567-89ab-cdef-0123-456789abcdef0",
		"/dev/disk/by-partuuid/01234567-89AB-cdef-0123-456789abcdef", "/dev/disk/by-diskseq/1",
		"/dev/mapper/control", "/dev/mapper/a/b", "/dev/vg/lv/x", "/dev//lv", "/dev/vg/",
		"/dev/shm/x", "/dev/block/8:0", "/dev/bus/usb", "dev/vg/lv", "/devx/vg/lv",
		"/dev/vg/l\xc3\xbc", "/dev/vg/a b", "/dev/vg/a\nb",
	};
	const char *problem;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		assert_int_equal(disk_name_classify(names[i], &problem), DISK_NAME_NONE);
		assert_non_null(problem);
	}
}

static void attack_27_names_of_requests(void **state)
{
	char name[DISK_NAME_MAX + 2] = "/dev/";

	(void)state;
	assert_true(disk_name_is_valid("/dev/sda1"));
	assert_true(disk_name_is_valid("/dev/disk/by-label/x"));
	assert_false(disk_name_is_valid("/dev/../etc/passwd"));
	assert_false(disk_name_is_valid("/dev/vg/.."));
	assert_false(disk_name_is_valid("/dev/./sda"));
	assert_false(disk_name_is_valid("/dev/sda/"));
	assert_false(disk_name_is_valid("/dev/\x1b[31m"));
	memset(name + 5, 'x', DISK_NAME_MAX - 5);
	assert_true(disk_name_is_valid(name));
	name[DISK_NAME_MAX] = 'x';
	assert_false(disk_name_is_valid(name));
}

static void an_allow_is_about_the_disk_and_a_deny_about_all_that_shares_bytes(void **state)
{
	static const char *const own[] = { "/dev/vg/a" }, *const shared[] = { "/dev/vg/b" };
	struct acl_object object = {
		.kind = ACL_KIND_DISK,
		.disk = { .own = { own, 1 }, .shared = { shared, 1 }, .is_written = 1 },
	};
	struct acl_rule rule = { .kind = ACL_KIND_DISK, .effect = ACL_EFFECT_ALLOW,
				 .disk = { .name = "/dev/vg/a" } };
	const struct kind_rule *row = kind_rule_of(ACL_KIND_DISK);

	(void)state;
	assert_true(row->matches(&rule, &object));
	rule.disk.read_only = 1;
	assert_false(row->matches(&rule, &object));
	object.disk.is_written = 0;
	assert_true(row->matches(&rule, &object));
	rule.disk.name = "/dev/vg/b";
	assert_false(row->matches(&rule, &object));
	rule.effect = ACL_EFFECT_DENY;
	assert_true(row->matches(&rule, &object));
	rule.disk.name = "/dev/vg/a";
	assert_false(row->matches(&rule, &object));
	rule.disk.name = NULL;
	assert_true(row->matches(&rule, &object));
}

static void a_kind_that_is_not_in_the_list_has_no_row(void **state)
{
	(void)state;
	assert_null(kind_rule_of(ACL_KIND_NONE));
	assert_null(kind_rule_of(ACL_KIND_END));
	for (enum acl_kind kind = 1; kind <= ACL_KIND_LAST; kind++)
		assert_non_null(kind_rule_of(kind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_rules_may_use),
		cmocka_unit_test(attack_86_names_that_no_rule_may_use),
		cmocka_unit_test(attack_27_names_of_requests),
		cmocka_unit_test(an_allow_is_about_the_disk_and_a_deny_about_all_that_shares_bytes),
		cmocka_unit_test(a_kind_that_is_not_in_the_list_has_no_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
