/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The verdict over single rules and small lists, and what it asks the name service. */
#include "tests/unit/acl-fixture.h"

/* A machine with three accounts and three groups, that counts the questions. */
struct machine {
	int fails;
	int user_questions, group_questions;
};

static const struct {
	const char *name;
	uint32_t id;
} accounts[] = { { "al", 1 }, { "alice", 10 }, { "bob", 100 } };

static enum acl_name_result look_up(const struct machine *machine, const char *name,
				    uint32_t *id_out)
{
	if (machine->fails)
		return ACL_NAME_FAILED;
	for (size_t i = 0; i < ARRAY_SIZE(accounts); i++) {
		if (strcmp(accounts[i].name, name) == 0) {
			*id_out = accounts[i].id;
			return ACL_NAME_FOUND;
		}
	}
	return ACL_NAME_UNKNOWN;
}

static enum acl_name_result look_up_user(void *context, const char *name, uid_t *uid_out)
{
	struct machine *machine = context;

	machine->user_questions++;
	return look_up(machine, name, uid_out);
}

static enum acl_name_result look_up_group(void *context, const char *name, gid_t *gid_out)
{
	struct machine *machine = context;

	machine->group_questions++;
	return look_up(machine, name, gid_out);
}

/* A question and what came of it; the line of the deciding rule, 0 for none. */
struct judged {
	enum acl_verdict verdict;
	unsigned line;
	int user_questions, group_questions;
};

static struct judged judge_on(struct machine machine, const char *text,
			      const struct acl_object *object, const struct acl_asker *asker)
{
	const struct acl_names names = { &machine, look_up_user, look_up_group };
	struct parsed parsed = parse_good(acl_parse, text);
	static const struct acl_rule never_given = { .line = 4711 };
	const struct acl_rule *rule = &never_given;
	struct judged judged;

	judged.verdict = acl_judge(&parsed.acl, object, asker, &names, &rule);
	judged.line = rule != NULL ? rule->line : 0;
	judged.user_questions = machine.user_questions;
	judged.group_questions = machine.group_questions;
	parsed_release(&parsed);
	return judged;
}

static const gid_t groups_of_alice[] = { 10, 55 };
static const struct acl_asker alice = { 10, groups_of_alice, 2, 0 };
static const struct acl_object br0 = { .kind = ACL_KIND_BRIDGE, .bridge = "br0" };

static void assert_judged(const char *text, enum acl_verdict verdict, unsigned line)
{
	const struct judged judged = judge_on((struct machine){ 0 }, text, &br0, &alice);

	if (judged.verdict != verdict || judged.line != line)
		fail_msg("verdict %d by line %u, expected %d by %u, of: %s", (int)judged.verdict,
			 judged.line, (int)verdict, line, text);
}

static void deny_is_the_default(void **state)
{
	(void)state;
	assert_int_equal(ACL_VERDICT_DENY, 0);
	assert_judged("", ACL_VERDICT_DENY, 0);
	assert_judged("allow bridge br1\n", ACL_VERDICT_DENY, 0);
	assert_judged("deny bridge br1\n", ACL_VERDICT_DENY, 0);
	assert_judged("allow usb *:*\nallow vfio *:*\n", ACL_VERDICT_DENY, 0);
}

static void the_first_allow_and_any_deny(void **state)
{
	(void)state;
	assert_judged("allow bridge br0\n", ACL_VERDICT_ALLOW, 1);
	assert_judged("allow bridge *\n", ACL_VERDICT_ALLOW, 1);
	assert_judged("allow bridge br1\nallow bridge *\nallow bridge br0\n", ACL_VERDICT_ALLOW, 2);
	assert_judged("deny bridge br0\nallow bridge br0\n", ACL_VERDICT_DENY, 1);
	assert_judged("allow bridge br0\nallow bridge *\ndeny bridge br0\n", ACL_VERDICT_DENY, 3);
	assert_judged("allow bridge br0\ndeny bridge *\ndeny bridge br0\n", ACL_VERDICT_DENY, 2);
	assert_judged("deny usb *:*\nallow bridge br0\n", ACL_VERDICT_ALLOW, 2);
}

static void every_kind_of_subject(void **state)
{
	(void)state;
	assert_judged("allow bridge br0 user alice\n", ACL_VERDICT_ALLOW, 1);
	assert_judged("allow bridge br0 user 10\n", ACL_VERDICT_ALLOW, 1);
	assert_judged("allow bridge br0 group alice\n", ACL_VERDICT_ALLOW, 1);
	assert_judged("allow bridge br0 group 55\n", ACL_VERDICT_ALLOW, 1);
	assert_judged("allow bridge br0 user 55\n", ACL_VERDICT_DENY, 0);
	assert_judged("allow bridge br0 group bob\n", ACL_VERDICT_DENY, 0);
	assert_judged("deny bridge br0 group 55\nallow bridge br0\n", ACL_VERDICT_DENY, 1);
	assert_judged("deny bridge br0 user bob\nallow bridge br0\n", ACL_VERDICT_ALLOW, 2);
	assert_judged("allow bridge br0 user nobody-here\n", ACL_VERDICT_DENY, 0);
	assert_judged("deny bridge br0 group nobody-here\nallow bridge br0\n", ACL_VERDICT_ALLOW,
		      2);
}

static void a_user_without_groups(void **state)
{
	const struct acl_asker asker = { 0, NULL, 0, 0 };
	struct judged judged;

	(void)state;
	judged = judge_on((struct machine){ 0 }, "allow bridge br0 group 0\n", &br0, &asker);
	assert_int_equal(judged.verdict, ACL_VERDICT_DENY);
	judged = judge_on((struct machine){ 0 }, "allow bridge br0 user 0\n", &br0, &asker);
	assert_int_equal(judged.verdict, ACL_VERDICT_ALLOW);
}

static void attack_18_prefix_twins_do_not_match(void **state)
{
	(void)state;
	assert_judged("allow bridge br0 user al\n", ACL_VERDICT_DENY, 0);
	assert_judged("allow bridge br0 group al\n", ACL_VERDICT_DENY, 0);
	assert_judged("allow bridge br0 user alic\n", ACL_VERDICT_DENY, 0);
	assert_judged("allow bridge br0 user alice2\n", ACL_VERDICT_DENY, 0);
	assert_judged("allow bridge br0 user 1\n", ACL_VERDICT_DENY, 0);
	assert_judged("allow bridge br0 user 100\n", ACL_VERDICT_DENY, 0);
	assert_judged("allow bridge br0 user 4294967286\n", ACL_VERDICT_DENY, 0);
	assert_judged("allow bridge br0 group 1\n", ACL_VERDICT_DENY, 0);
	assert_judged("allow bridge br0 group 5\n", ACL_VERDICT_DENY, 0);
	assert_judged("allow bridge br01\n", ACL_VERDICT_DENY, 0);
	assert_judged("allow bridge br\n", ACL_VERDICT_DENY, 0);
	assert_judged("allow bridge Br0\n", ACL_VERDICT_DENY, 0);
	assert_judged("deny bridge br01\ndeny bridge br\nallow bridge br0\n", ACL_VERDICT_ALLOW, 3);
	assert_judged("deny bridge br0 user al\nallow bridge br0\n", ACL_VERDICT_ALLOW, 2);
}

/* ---- usb and vfio ---- */

static const uint8_t classes_of_stick[] = { 0x00, 0x08 };
static const struct acl_object stick = {
	.kind = ACL_KIND_USB,
	.usb = { .vendor = 0x0951, .product = 0x1666, .serial = "AB C#1", .port = "1-1.4",
		 .classes = classes_of_stick, .class_count = 2 },
};
static const struct acl_object nameless = {
	.kind = ACL_KIND_USB,
	.usb = { .vendor = 0x0951, .product = 0x1666 },
};
static const struct acl_object gpu = {
	.kind = ACL_KIND_VFIO,
	.vfio = { "0000:03:00.0", 0x10de, 0x1eb8 },
};

struct match {
	const char *selectors;
	int matches;
};

static void assert_matches(const char *kind, const struct acl_object *object,
			   const struct match *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char text[128];
		struct judged judged;

		snprintf(text, sizeof(text), "allow %s %s\n", kind, cases[i].selectors);
		judged = judge_on((struct machine){ 0 }, text, object, &alice);
		if ((judged.verdict == ACL_VERDICT_ALLOW) != cases[i].matches)
			fail_msg("verdict %d of: %s", (int)judged.verdict, text);
	}
}

static void usb_selectors(void **state)
{
	static const struct match cases[] = {
		{ "0951:1666", 1 },
		{ "0951:*", 1 },
		{ "*:1666", 1 },
		{ "*:*", 1 },
		{ "0951:1667", 0 },
		{ "0952:1666", 0 },
		{ "0952:*", 0 },
		{ "*:0951", 0 },
		{ "class=08", 1 },
		{ "class=00", 1 },
		{ "class=03", 0 },
		{ "class=80", 0 },
		{ "serial=\"AB C#1\"", 1 },
		{ "serial=\"AB C#\"", 0 },
		{ "serial=\"AB C#12\"", 0 },
		{ "serial=\"ab c#1\"", 0 },
		{ "port=1-1.4", 1 },
		{ "port=1-1", 0 },
		{ "port=1-1.4.1", 0 },
		{ "port=1-1.40", 0 },
		{ "0951:1666 class=08 serial=\"AB C#1\" port=1-1.4", 1 },
		{ "0951:1667 class=08 serial=\"AB C#1\" port=1-1.4", 0 },
		{ "0951:1666 class=09 serial=\"AB C#1\" port=1-1.4", 0 },
		{ "0951:1666 class=08 serial=AB port=1-1.4", 0 },
		{ "0951:1666 class=08 serial=\"AB C#1\" port=1-1.5", 0 },
	};
	static const struct match cases_of_nameless[] = {
		{ "0951:1666", 1 }, { "serial=a", 0 }, { "port=1-1", 0 },
		{ "class=00", 0 },  { "class=ff", 0 }, { "*:* serial=NULL", 0 },
	};

	(void)state;
	assert_matches("usb", &stick, cases, ARRAY_SIZE(cases));
	assert_matches("usb", &nameless, cases_of_nameless, ARRAY_SIZE(cases_of_nameless));
}

static void vfio_selectors(void **state)
{
	static const struct match cases[] = {
		{ "0000:03:00.0", 1 }, { "0000:03:00.1", 0 }, { "0001:03:00.0", 0 },
		{ "0000:30:00.0", 0 }, { "10de:1eb8", 1 },    { "10DE:1EB8", 1 },
		{ "10de:*", 1 },       { "*:1eb8", 1 },       { "*:*", 1 },
		{ "1eb8:10de", 0 },    { "10de:1eb9", 0 },
	};
	static const struct acl_object unplaced = { .kind = ACL_KIND_VFIO };
	static const struct match cases_of_unplaced[] = { { "0000:00:00.0", 0 }, { "10de:*", 0 } };

	(void)state;
	assert_matches("vfio", &gpu, cases, ARRAY_SIZE(cases));
	assert_matches("vfio", &unplaced, cases_of_unplaced, ARRAY_SIZE(cases_of_unplaced));
}

static void a_rule_is_for_its_kind_only(void **state)
{
	static const struct match any[] = { { "*:*", 0 } };
	static const struct match bridge[] = { { "*", 0 } };
	static const struct acl_object nothing = { 0 };

	(void)state;
	assert_matches("usb", &gpu, any, 1);
	assert_matches("vfio", &stick, any, 1);
	assert_matches("usb", &br0, any, 1);
	assert_matches("bridge", &stick, bridge, 1);
	assert_matches("bridge", &gpu, bridge, 1);
	assert_matches("bridge", &nothing, bridge, 1);
	assert_matches("usb", &nothing, any, 1);
	assert_matches("vfio", &nothing, any, 1);
}

/* ---- the name service ---- */

struct questions {
	const char *text;
	int user_questions, group_questions;
};

static void names_are_asked_for_only_where_they_matter(void **state)
{
	static const struct questions cases[] = {
		{ "allow bridge br0\n", 0, 0 },
		{ "allow bridge br0 user 10\nallow bridge br0 group 10\n", 0, 0 },
		/* another object */
		{ "allow bridge br1 user al\ndeny bridge br1 group al\nallow usb *:* user al\n", 0,
		  0 },
		/* an allow after the one that matched */
		{ "allow bridge br0 user alice\nallow bridge br0 user bob\n", 1, 0 },
		{ "allow bridge br0\nallow bridge br0 user bob\n", 0, 0 },
		/* an allow that a deny makes void */
		{ "allow bridge br0 user bob\ndeny bridge br0\n", 0, 0 },
		/* a deny after the one that matched */
		{ "deny bridge br0 user alice\ndeny bridge br0 group al\n", 1, 0 },
		/* denies count even behind an allow */
		{ "allow bridge br0\ndeny bridge br0 user bob\ndeny bridge br0 group bob\n", 1, 1 },
		{ "allow bridge br0 user al\nallow bridge br0 group al\n", 1, 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct judged judged =
			judge_on((struct machine){ 0 }, cases[i].text, &br0, &alice);

		if (judged.user_questions != cases[i].user_questions ||
		    judged.group_questions != cases[i].group_questions)
			fail_msg("%d and %d questions for: %s", judged.user_questions,
				 judged.group_questions, cases[i].text);
	}
}

static void attack_25_a_failing_name_service_denies(void **state)
{
	static const struct {
		const char *text;
		enum acl_verdict verdict;
		unsigned line;
	} cases[] = {
		{ "allow bridge br0 user alice\n", ACL_VERDICT_NO_NAMES, 1 },
		{ "allow bridge br0 group alice\n", ACL_VERDICT_NO_NAMES, 1 },
		{ "allow bridge br0 user al\nallow bridge br0\n", ACL_VERDICT_NO_NAMES, 1 },
		{ "allow bridge br0\ndeny bridge br0 user bob\n", ACL_VERDICT_NO_NAMES, 2 },
		{ "allow bridge br0\ndeny bridge br0 group bob\n", ACL_VERDICT_NO_NAMES, 2 },
		/* nobody needs the name service here */
		{ "allow bridge br0 user 10\n", ACL_VERDICT_ALLOW, 1 },
		{ "allow bridge br0\nallow bridge br0 user bob\n", ACL_VERDICT_ALLOW, 1 },
		{ "allow bridge br0\ndeny bridge br1 user bob\n", ACL_VERDICT_ALLOW, 1 },
		{ "deny bridge br0\nallow bridge br0 user alice\n", ACL_VERDICT_DENY, 1 },
		{ "allow bridge br1 user alice\n", ACL_VERDICT_DENY, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct judged judged =
			judge_on((struct machine){ .fails = 1 }, cases[i].text, &br0, &alice);

		if (judged.verdict != cases[i].verdict || judged.line != cases[i].line)
			fail_msg("verdict %d by line %u of: %s", (int)judged.verdict, judged.line,
				 cases[i].text);
	}
}

static void attack_25_thousands_of_groups(void **state)
{
	const size_t count = 65536;
	gid_t *groups = calloc(count, sizeof(*groups));
	const struct acl_asker asker = { 1000, groups, count, 0 };
	struct judged judged;

	(void)state;
	assert_non_null(groups);
	for (size_t i = 0; i < count; i++)
		groups[i] = (gid_t)(100000 + i);
	judged = judge_on((struct machine){ 0 }, "allow bridge br0 group 165535\n", &br0, &asker);
	assert_int_equal(judged.verdict, ACL_VERDICT_ALLOW);
	judged = judge_on((struct machine){ 0 }, "allow bridge br0 group 165536\n", &br0, &asker);
	assert_int_equal(judged.verdict, ACL_VERDICT_DENY);
	free(groups);
}

/* A list without room says so itself: a caller that passes over the error gets a deny. */
static void attack_36_a_full_list_denies(void **state)
{
	static const char text[] = "allow bridge br0\n";
	static const struct acl_object object = { .kind = ACL_KIND_BRIDGE, .bridge = "br0" };
	static const struct acl_asker asker = { .uid = 1000 };
	static const acl_parser parsers[] = { acl_parse, acl_parse_qemu };
	static const char *const more[] = { "deny bridge br0\n", "deny br0\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(parsers); i++) {
		struct parsed parsed = parse_good(acl_parse, text);
		const struct acl_rule first = parsed.acl.rules[0];
		const struct acl_rule *rule;
		char line[32];

		assert_int_equal(acl_judge(&parsed.acl, &object, &asker, NULL, &rule),
				 ACL_VERDICT_ALLOW);
		while (parsed.acl.count < ACL_RULES_MAX)
			assert_int_equal(acl_append(&parsed.acl, &first), 0);
		strcpy(line, more[i]);
		assert_int_equal(parsers[i](&parsed.acl, line, strlen(more[i]), FILE_NAME,
					    &visitor_of_nothing, &parsed.error),
				 -1);
		assert_string_equal(parsed.error.message, "more than 65536 rules");
		assert_int_equal(acl_judge(&parsed.acl, &object, &asker, NULL, &rule),
				 ACL_VERDICT_DENY);
		assert_null(rule);
		parsed_release(&parsed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deny_is_the_default),
		cmocka_unit_test(the_first_allow_and_any_deny),
		cmocka_unit_test(every_kind_of_subject),
		cmocka_unit_test(a_user_without_groups),
		cmocka_unit_test(attack_18_prefix_twins_do_not_match),
		cmocka_unit_test(usb_selectors),
		cmocka_unit_test(vfio_selectors),
		cmocka_unit_test(a_rule_is_for_its_kind_only),
		cmocka_unit_test(names_are_asked_for_only_where_they_matter),
		cmocka_unit_test(attack_25_a_failing_name_service_denies),
		cmocka_unit_test(attack_25_thousands_of_groups),
		cmocka_unit_test(attack_36_a_full_list_denies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
