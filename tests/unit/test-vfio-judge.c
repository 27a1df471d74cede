/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A PCI device is given with its whole IOMMU group, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "judge/kind/vfio/judge.h"
#include "tests/unit/acl-fixture.h"
#include "tests/unit/machine.h"

struct place {
	struct tree *sys;
	struct parsed rules;
	const struct acl_rule *rule; /* that decided */
	int polkit_skip;
	struct refusal why;
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof *place);

	if (place == NULL)
		return -1;
	place->sys = tree_new();
	machine_with_gpu(place->sys);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	parsed_release(&place->rules);
	tree_free(place->sys);
	free(place);
	return 0;
}

/* Judge a request of uid 1000 by these rules. */
static enum reply_code judge(struct place *place, const char *address, const char *rules)
{
	const struct caller caller = { .uid = 1000, .name = "alice" };
	struct request request = { .kind = ACL_KIND_VFIO };
	struct policy policy = { 0 };
	struct vfio_finding finding;
	int result;

	parsed_release(&place->rules);
	place->rules = parse_good(acl_parse, rules);
	policy.acl = place->rules.acl;
	strcpy(request.vfio.address, address);
	place->why = (struct refusal){ .code = REPLY_GRANTED };
	result = vfio_find(place->sys->fd, address, &finding);
	return vfio_judge(&finding, result, &request, &caller, &policy, &place->rule,
			  &place->polkit_skip, &place->why);
}

static void assert_says(const struct place *place, const char *part)
{
	if (strstr(place->why.sentence, part) == NULL)
		fail_msg("'%s' is not in: %s", part, place->why.sentence);
	if (strstr(place->why.sentence, "...") != NULL)
		fail_msg("cut: %s", place->why.sentence);
}

#define BY_IDS  "allow vfio 10de:* user 1000 memlock=24G\n"
#define BY_ADDRESS "allow vfio 0000:03:00.0 user 1000\n"

static void a_group_whose_members_are_all_allowed_is_given(void **state)
{
	struct place *place = *state;

	assert_int_equal(judge(place, MACHINE_GPU, BY_IDS), REPLY_GRANTED);
	assert_int_equal(place->rule->line, 1);
	assert_true(place->rule->options.memlock_bytes == 24ULL << 30);
	assert_int_equal(judge(place, MACHINE_GPU, BY_ADDRESS "allow vfio 10de:0fb9 user 1000\n"),
			 REPLY_GRANTED);
	assert_int_equal(judge(place, MACHINE_SOUND, BY_IDS), REPLY_GRANTED);
}

static void the_options_are_those_of_the_device_that_was_asked_for(void **state)
{
	struct place *place = *state;

	assert_int_equal(judge(place, MACHINE_GPU,
			       "allow vfio 0000:03:00.1 user 1000 memlock=1M\n"
			       "allow vfio 0000:03:00.0 user 1000 memlock=2M\n"), REPLY_GRANTED);
	assert_int_equal(place->rule->line, 2);
}

static void attack_32_a_member_outside_the_acl_is_named(void **state)
{
	struct place *place = *state;

	assert_int_equal(judge(place, MACHINE_GPU, BY_ADDRESS), REPLY_DENIED);
	assert_says(place, "vfio 0000:03:00.0: ");
	assert_says(place, "without 0000:03:00.1 (10de:0fb9)");
	assert_says(place, "IOMMU group 12");
	assert_int_equal(judge(place, MACHINE_GPU, BY_IDS "deny vfio 0000:03:00.1 user 1000\n"),
			 REPLY_DENIED);
	assert_says(place, "without 0000:03:00.1");
}

/* ATTACKS 26: who may not have it does not learn whether it is there. */
static void attack_26_missing_and_forbidden_get_the_same_words(void **state)
{
	struct place *place = *state;
	char missing[REFUSAL_SENTENCE_MAX];

	assert_int_equal(judge(place, "0000:09:00.0", BY_IDS), REPLY_DENIED);
	strcpy(missing, place->why.sentence);
	assert_null(place->rule);
	machine_add(place->sys, &(const struct machine_device){ "0000:09:00.0", "14", "0x8086",
								 "0x10d3", "0x020000", "e1000e" });
	assert_int_equal(judge(place, "0000:09:00.0", BY_IDS), REPLY_DENIED);
	assert_string_equal(place->why.sentence, missing);
	assert_int_equal(judge(place, "0000:09:00.0", BY_IDS "deny vfio *:* user 1000\n"),
			 REPLY_DENIED);
	assert_string_equal(place->why.sentence, missing);
}

static void who_could_have_any_device_there_is_told_that_there_is_none(void **state)
{
	struct place *place = *state;

	assert_int_equal(judge(place, "0000:09:00.0", "allow vfio 0000:09:00.0 user 1000\n"),
			 REPLY_OBJECT);
	assert_says(place, "vfio 0000:09:00.0: there is no such PCI device");
	assert_int_equal(judge(place, "0000:09:00.0", "allow vfio *:* user 1000\n"), REPLY_OBJECT);
	assert_int_equal(judge(place, "0000:09:00.0",
			       "allow vfio *:* user 1000\ndeny vfio 0000:09:00.0 user 1000\n"),
			 REPLY_DENIED);
	/* A device there could be one of those that are denied: the same words as for them. */
	assert_int_equal(judge(place, "0000:09:00.0",
			       "allow vfio *:* user 1000\ndeny vfio 8086:* user 1000\n"),
			 REPLY_DENIED);
	assert_null(place->rule);
}

static void nothing_about_the_group_is_told_to_who_may_not_have_the_device(void **state)
{
	struct place *place = *state;
	char plain[REFUSAL_SENTENCE_MAX];

	assert_int_equal(judge(place, MACHINE_GPU, "allow vfio 8086:* user 1000\n"), REPLY_DENIED);
	strcpy(plain, place->why.sentence);
	tree_write(place->sys, "kernel/iommu_groups/12/name", "vfio-noiommu\n");
	machine_bind(place->sys, MACHINE_GPU, "nouveau");
	assert_int_equal(judge(place, MACHINE_GPU, "allow vfio 8086:* user 1000\n"), REPLY_DENIED);
	assert_string_equal(place->why.sentence, plain);
}

static void attack_32_a_noiommu_group_is_given_to_nobody(void **state)
{
	struct place *place = *state;

	tree_write(place->sys, "kernel/iommu_groups/12/name", "vfio-noiommu\n");
	assert_int_equal(judge(place, MACHINE_GPU, BY_IDS), REPLY_OBJECT);
	assert_says(place, "noiommu");
}

static void a_device_without_a_group_is_refused(void **state)
{
	struct place *place = *state;

	tree_remove(place->sys, "devices/" MACHINE_GPU "/iommu_group");
	assert_int_equal(judge(place, MACHINE_GPU, BY_IDS), REPLY_OBJECT);
	assert_says(place, "no IOMMU group");
}

static void attack_32_a_member_in_the_hosts_use_is_named_with_the_command(void **state)
{
	struct place *place = *state;

	machine_bind(place->sys, MACHINE_SOUND, "snd_hda_intel");
	assert_int_equal(judge(place, MACHINE_GPU, BY_IDS), REPLY_OBJECT);
	assert_says(place, "0000:03:00.1 (10de:0fb9)");
	assert_says(place, "the driver snd_hda_intel");
	assert_says(place, "driverctl set-override 0000:03:00.1 vfio-pci");
}

static void members_without_driver_or_with_a_stub_are_no_hindrance(void **state)
{
	struct place *place = *state;

	machine_bind(place->sys, MACHINE_SOUND, "pci-stub");
	assert_int_equal(judge(place, MACHINE_GPU, BY_IDS), REPLY_GRANTED);
	machine_bind(place->sys, MACHINE_SOUND, NULL);
	assert_int_equal(judge(place, MACHINE_GPU, BY_IDS), REPLY_GRANTED);
}

static void the_device_itself_has_to_be_bound_to_vfio(void **state)
{
	struct place *place = *state;

	machine_bind(place->sys, MACHINE_GPU, "nouveau");
	assert_int_equal(judge(place, MACHINE_GPU, BY_IDS), REPLY_OBJECT);
	assert_says(place, "bound to the driver nouveau instead of vfio-pci");
	assert_says(place, "driverctl set-override 0000:03:00.0 vfio-pci");
	machine_bind(place->sys, MACHINE_GPU, "pci-stub");
	assert_int_equal(judge(place, MACHINE_GPU, BY_IDS), REPLY_OBJECT);
	machine_bind(place->sys, MACHINE_GPU, NULL);
	assert_int_equal(judge(place, MACHINE_GPU, BY_IDS), REPLY_OBJECT);
	assert_says(place, "bound to no driver");
	machine_add(place->sys, &(const struct machine_device){ "0000:0a:00.0", "20", "0x15b3",
								 "0x101e", "0x020000",
								 "mlx5_vfio_pci" });
	assert_int_equal(judge(place, "0000:0a:00.0", "allow vfio 15b3:* user 1000\n"),
			 REPLY_GRANTED);
}

static void a_bridge_cannot_be_asked_for(void **state)
{
	struct place *place = *state;

	assert_int_equal(judge(place, "0000:00:03.0",
			       BY_IDS "allow vfio 8086:* user 1000\n"), REPLY_OBJECT);
	assert_says(place, "is a bridge");
}

static void a_member_of_another_bus_is_refused(void **state)
{
	struct place *place = *state;

	machine_add_foreign(place->sys, "fd000000.gpu", "12");
	assert_int_equal(judge(place, MACHINE_GPU, "allow vfio *:* user 1000\n"), REPLY_OBJECT);
	assert_says(place, "fd000000.gpu");
}

static void an_isa_bridge_is_a_device_like_others(void **state)
{
	struct place *place = *state;

	machine_add(place->sys, &(const struct machine_device){ "0000:00:1f.0", "12", "0x8086",
								 "0xa145", "0x060100", NULL });
	assert_int_equal(judge(place, MACHINE_GPU, BY_IDS), REPLY_DENIED);
	assert_says(place, "0000:00:1f.0 (8086:a145)");
	machine_add(place->sys, &(const struct machine_device){ "0000:00:00.0", "12", "0x8086",
								 "0x1910", "0x060000", NULL });
	assert_int_equal(judge(place, MACHINE_GPU, BY_IDS "allow vfio 8086:a145 user 1000\n"),
			 REPLY_GRANTED);
}

static void polkit_is_left_out_only_if_the_rules_of_all_members_say_so(void **state)
{
	struct place *place = *state;

	assert_int_equal(judge(place, MACHINE_GPU, "allow vfio 10de:* user 1000 polkit=no\n"),
			 REPLY_GRANTED);
	assert_int_equal(place->polkit_skip, 1);
	assert_int_equal(judge(place, MACHINE_GPU,
			       "allow vfio 0000:03:00.0 user 1000 polkit=no\n" BY_IDS),
			 REPLY_GRANTED);
	assert_int_equal(place->polkit_skip, 0);
	assert_int_equal(judge(place, MACHINE_GPU,
			       "allow vfio 0000:03:00.1 user 1000 polkit=no\n" BY_IDS),
			 REPLY_GRANTED);
	assert_int_equal(place->polkit_skip, 0);
}

static void attack_31_names_of_drivers_are_escaped(void **state)
{
	struct place *place = *state;

	machine_bind(place->sys, MACHINE_SOUND, "evil\n\033[31m");
	assert_int_equal(judge(place, MACHINE_GPU, BY_IDS), REPLY_OBJECT);
	assert_says(place, "evil\\x0a\\x1b[31m");
}

static void attack_32_groups_that_are_too_large_or_changing_are_refused(void **state)
{
	struct place *place = *state;
	char address[32];

	tree_remove(place->sys, "devices/" MACHINE_SOUND "/vendor");
	assert_int_equal(judge(place, MACHINE_GPU, BY_IDS), REPLY_OBJECT);
	assert_says(place, "try again");
	tree_write(place->sys, "devices/" MACHINE_SOUND "/vendor", "0x10de\n");
	for (unsigned i = 0; i < VFIO_MEMBERS_MAX; i++) {
		(void)snprintf(address, sizeof address, "0000:%02x:00.0", 0x40 + i);
		machine_add(place->sys, &(const struct machine_device){ address, "12", "0x10de",
									 "0x1000", "0x030000",
									 "vfio-pci" });
	}
	assert_int_equal(judge(place, MACHINE_GPU, BY_IDS), REPLY_OBJECT);
	assert_says(place, "more than 64 devices");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_group_whose_members_are_all_allowed_is_given),
		TEST(the_options_are_those_of_the_device_that_was_asked_for),
		TEST(attack_32_a_member_outside_the_acl_is_named),
		TEST(attack_26_missing_and_forbidden_get_the_same_words),
		TEST(who_could_have_any_device_there_is_told_that_there_is_none),
		TEST(nothing_about_the_group_is_told_to_who_may_not_have_the_device),
		TEST(attack_32_a_noiommu_group_is_given_to_nobody),
		TEST(a_device_without_a_group_is_refused),
		TEST(attack_32_a_member_in_the_hosts_use_is_named_with_the_command),
		TEST(members_without_driver_or_with_a_stub_are_no_hindrance),
		TEST(the_device_itself_has_to_be_bound_to_vfio),
		TEST(a_bridge_cannot_be_asked_for),
		TEST(a_member_of_another_bus_is_refused),
		TEST(an_isa_bridge_is_a_device_like_others),
		TEST(polkit_is_left_out_only_if_the_rules_of_all_members_say_so),
		TEST(attack_31_names_of_drivers_are_escaped),
		TEST(attack_32_groups_that_are_too_large_or_changing_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
