/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Which kinds could be given to somebody at all, so that the rest needs no privilege. */
#include "tests/unit/acl-fixture.h"

#define BRIDGE (1u << ACL_KIND_BRIDGE)
#define USB    (1u << ACL_KIND_USB)
#define VFIO   (1u << ACL_KIND_VFIO)

/* alice is 10, bob 11, so are their groups; "lost" cannot be told and nobody else is known. */
struct machine {
	unsigned lookups;
};

static enum acl_name_result look_up(void *context, const char *name, uint32_t *id_out)
{
	struct machine *machine = context;

	machine->lookups++;
	*id_out = strcmp(name, "alice") == 0 ? 10 : 11;
	if (strcmp(name, "lost") == 0)
		return ACL_NAME_FAILED;
	return strcmp(name, "alice") == 0 || strcmp(name, "bob") == 0 ? ACL_NAME_FOUND
								      : ACL_NAME_UNKNOWN;
}

static const gid_t groups_of_alice[] = { 10, 55 };
static const struct acl_asker alice = { 10, groups_of_alice, 2, 0 };

static unsigned possible(const char *text, unsigned *lookups_out)
{
	struct machine machine = { 0 };
	const struct acl_names names = { &machine, look_up, look_up };
	struct parsed parsed = parse_good(acl_parse, text);
	unsigned kinds = acl_kinds_possible(&parsed.acl, &alice, &names);

	parsed_release(&parsed);
	if (lookups_out != NULL)
		*lookups_out = machine.lookups;
	return kinds;
}

static const struct {
	const char *text;
	unsigned kinds;
} cases[] = {
	{ "", 0 },
	{ "deny bridge br0\ndeny usb *:* user alice\n", 0 },
	{ "allow bridge br0\n", BRIDGE },
	{ "allow usb *:*\n", USB },
	{ "allow vfio *:*\nallow bridge br0\n", VFIO | BRIDGE },
	/* What a deny leaves of it is not judged here. */
	{ "deny usb *:*\nallow usb *:*\n", USB },
	{ "allow usb *:* user alice\nallow vfio *:* user bob\n", USB },
	{ "allow usb *:* user 10\nallow vfio *:* user 11\n", USB },
	{ "allow usb *:* group alice\nallow vfio *:* group bob\n", USB },
	{ "allow usb *:* group 55\nallow vfio *:* group 56\n", USB },
	{ "allow usb *:* user bob\nallow usb *:* user 10\n", USB },
	/* A name that is not known now may be somebody's in a moment. */
	{ "allow usb *:* user nobody-here\n", USB },
	{ "allow usb *:* group nobody-here\n", USB },
	{ "allow vfio *:* user lost\n", VFIO },
	{ "allow vfio *:* group lost\n", VFIO },
};

static void only_the_kinds_of_which_an_allow_could_be_the_askers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned kinds = possible(cases[i].text, NULL);

		if (kinds != cases[i].kinds)
			fail_msg("%#x, expected %#x, of: %s", kinds, cases[i].kinds, cases[i].text);
	}
}

static void an_incomplete_policy_can_give_nothing(void **state)
{
	struct machine machine = { 0 };
	const struct acl_names names = { &machine, look_up, look_up };
	struct parsed parsed = parse_good(acl_parse, "allow bridge br0\n");

	(void)state;
	parsed.acl.incomplete = 1;
	assert_int_equal(acl_kinds_possible(&parsed.acl, &alice, &names), 0);
	parsed_release(&parsed);
}

static void names_are_asked_for_only_while_they_can_matter(void **state)
{
	unsigned lookups;

	(void)state;
	assert_int_equal(possible("allow usb *:*\nallow usb *:* user alice\n", &lookups), USB);
	assert_int_equal(lookups, 0);
	assert_int_equal(possible("deny usb *:* user alice\n", &lookups), 0);
	assert_int_equal(lookups, 0);
}

static void a_long_policy_costs_no_more_lookups_than_a_short_one(void **state)
{
	char text[4096] = "";
	unsigned lookups;

	(void)state;
	for (unsigned i = 0; i < ACL_POSSIBLE_LOOKUPS_MAX; i++)
		strcat(text, "allow usb *:* user bob\n");
	assert_int_equal(possible(text, &lookups), 0);
	assert_int_equal(lookups, ACL_POSSIBLE_LOOKUPS_MAX);
	for (unsigned i = 0; i < 20; i++)
		strcat(text, "allow usb *:* user bob\n");
	assert_int_equal(possible(text, &lookups), USB);
	assert_int_equal(lookups, ACL_POSSIBLE_LOOKUPS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_kinds_of_which_an_allow_could_be_the_askers),
		cmocka_unit_test(an_incomplete_policy_can_give_nothing),
		cmocka_unit_test(names_are_asked_for_only_while_they_can_matter),
		cmocka_unit_test(a_long_policy_costs_no_more_lookups_than_a_short_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
