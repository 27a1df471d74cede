/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Names of people: what can be written, and what a name that nobody knows decides. */
#include "tests/unit/acl-fixture.h"

#include "judge/policy/letters.h"

#define RULE(name) "allow bridge br0 user " name "\n"

static void names_as_directories_make_them(void **state)
{
	static const struct {
		const char *text, *name;
	} cases[] = {
		{ RULE("LAB\\erin"), "LAB\\erin" },
		{ RULE("\"LAB\\erin\""), "LAB\\erin" },
		{ RULE("erin@lab.example"), "erin@lab.example" },
		{ RULE("lab+erin"), "lab+erin" },
		{ RULE("HOST$"), "HOST$" },
		{ RULE("\"domain users\""), "domain users" },
		{ RULE("\"LAB\\domain users\""), "LAB\\domain users" },
		{ RULE("\"a\\\\b\""), "a\\\\b" },
		{ RULE("\"o'brien, (x) #1 = /*\""), "o'brien, (x) #1 = /*" },
		{ RULE("\"-a\""), "-a" },
		{ RULE("\"*\""), "*" },
		{ RULE("\"polkit=no\""), "polkit=no" },
		{ RULE("\"user\""), "user" },
		/* Digits are a name in quotes, and in no other way. */
		{ RULE("\"20231234\""), "20231234" },
		{ RULE("\"007\""), "007" },
		{ RULE("\"Dom\xc3\xa4nen-Benutzer\""), "Dom\xc3\xa4nen-Benutzer" },
		{ RULE("\"\xe6\x9d\x8e\xe5\xb0\x8f\""), "\xe6\x9d\x8e\xe5\xb0\x8f" },
		{ RULE("\"\xf0\x90\x8d\x88\""), "\xf0\x90\x8d\x88" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct parsed parsed = parse_good(acl_parse, cases[i].text);

		assert_int_equal(parsed.acl.count, 1);
		assert_int_equal(parsed.acl.rules[0].subject.type, ACL_SUBJECT_USER_NAME);
		assert_string_equal(parsed.acl.rules[0].subject.name, cases[i].name);
		parsed_release(&parsed);
	}
}

static void a_name_between_other_words(void **state)
{
	struct parsed parsed = parse_good(
		acl_parse, "allow bridge br0 group \"domain users\" quota=2 isolated # \"x\n");

	(void)state;
	assert_int_equal(parsed.acl.rules[0].subject.type, ACL_SUBJECT_GROUP_NAME);
	assert_string_equal(parsed.acl.rules[0].subject.name, "domain users");
	assert_int_equal(parsed.acl.rules[0].options.quota, 2);
	assert_int_equal(parsed.acl.rules[0].options.isolated, 1);
	parsed_release(&parsed);
}

static void attack_19_names_that_could_hide_something(void **state)
{
	static const char unseen[] = "not UTF-8, or a character that is not seen";
	static const struct wrong wrongs[] = {
		{ BYTES(RULE("\"\"")), 1, 23, "\\\"\\\"", "no name between" },
		{ BYTES(RULE("\" a\"")), 1, 23, "", "begin or end with a space" },
		{ BYTES(RULE("\"a \"")), 1, 23, "", "begin or end with a space" },
		{ BYTES(RULE("\"a:b\"")), 1, 23, "", "not a name that a user" },
		{ BYTES(RULE("\"a\tb\"")), 1, 25, "\\x09", "not possible between quotes" },
		{ BYTES(RULE("\"a\"b")), 1, 26, "b", "a space must follow" },
		{ BYTES(RULE("\"a\"\"b\"")), 1, 26, "\"", "a space must follow" },
		{ BYTES(RULE("\"a")), 1, 23, "\"", "without a closing quote" },
		{ BYTES(RULE("a\"b\"")), 1, 24, "\"", "only a whole name" },
		{ BYTES(RULE("\"a\0b\"")), 1, 25, "\\x00", "NUL" },
		{ BYTES(RULE("\"a\x1b\"")), 1, 25, "\\x1b", "control character" },
		{ BYTES(RULE("\"a\x7f\"")), 1, 25, "\\x7f", "control character" },
		/* Latin-1, a surrogate, an overlong form, a cut one, above the end. */
		{ BYTES(RULE("\"\xf6\"")), 1, 24, "\\xf6", unseen },
		{ BYTES(RULE("\"\xed\xa0\x80\"")), 1, 24, "\\xed", unseen },
		{ BYTES(RULE("\"\xc1\xa1\"")), 1, 24, "\\xc1", unseen },
		{ BYTES(RULE("\"\xe0\x80\xa1\"")), 1, 24, "\\xe0", unseen },
		{ BYTES(RULE("\"\xe6\x9d\"")), 1, 24, "\\xe6", unseen },
		{ BYTES(RULE("\"\xf4\x90\x80\x80\"")), 1, 24, "\\xf4", unseen },
		/* A no-break space, zero width, right to left, a variation selector, a tag. */
		{ BYTES(RULE("\"a\xc2\xa0\"")), 1, 25, "\\xc2", unseen },
		{ BYTES(RULE("\"a\xe2\x80\x8b\"")), 1, 25, "\\xe2", unseen },
		{ BYTES(RULE("\"a\xe2\x80\xae\"")), 1, 25, "\\xe2", unseen },
		{ BYTES(RULE("\"a\xef\xb8\x8f\"")), 1, 25, "\\xef", unseen },
		{ BYTES(RULE("\"a\xf3\xa0\x81\xa1\"")), 1, 25, "\\xf3", unseen },
		/* Only in quotes, and only in names. */
		{ BYTES(RULE("b\xc3\xb6")), 1, 24, "\\xc3", "not an ASCII character" },
		{ BYTES("allow usb serial=\"\xc3\xb6\"\n"), 1, 19, "\\xc3", "not an ASCII" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrongs); i++) {
		struct parsed parsed = parse_with(acl_parse, &visitor_of_nothing, wrongs[i].text,
						  wrongs[i].length);

		assert_int_equal(parsed.result, -1);
		if (parsed.error.column != wrongs[i].column ||
		    strstr(parsed.error.message, wrongs[i].message) == NULL)
			fail_msg("%zu: column %u: %s", i, parsed.error.column,
				 parsed.error.message);
		parsed_release(&parsed);
	}
}

static void a_letter_is_never_read_beyond_its_end(void **state)
{
	static const char letter[] = "\xf0\x90\x8d\x88";

	(void)state;
	for (size_t length = 0; length < 4; length++)
		assert_int_equal(acl_letter_length(letter, length), 0);
	assert_int_equal(acl_letter_length(letter, 4), 4);
	assert_int_equal(acl_letter_length("a", 1), 0);
}

/* ---- what cannot be told ---- */

static enum acl_name_result look_up(void *context, const char *name, uint32_t *id_out)
{
	(void)context;
	if (strcmp(name, "lost") == 0)
		return ACL_NAME_FAILED;
	if (strcmp(name, "gone") == 0)
		return ACL_NAME_UNKNOWN;
	if (strcmp(name, "far-away") == 0)
		return ACL_NAME_UNTOLD;
	*id_out = strcmp(name, "alice") == 0 ? 10 : 11;
	return ACL_NAME_FOUND;
}

struct verdict_case {
	const char *text;
	enum acl_verdict verdict;
	unsigned line;
};

static void assert_verdicts(const struct acl_asker *asker, const struct verdict_case *cases,
			    size_t count)
{
	static const struct acl_names names = { NULL, look_up, look_up };
	static const struct acl_object br0 = { .kind = ACL_KIND_BRIDGE, .bridge = "br0" };

	for (size_t i = 0; i < count; i++) {
		struct parsed parsed = parse_good(acl_parse, cases[i].text);
		const struct acl_rule *rule;
		enum acl_verdict verdict = acl_judge(&parsed.acl, &br0, asker, &names, &rule);

		if (verdict != cases[i].verdict || (rule != NULL ? rule->line : 0) != cases[i].line)
			fail_msg("verdict %d by line %u of: %s", (int)verdict,
				 rule != NULL ? rule->line : 0, cases[i].text);
		parsed_release(&parsed);
	}
}

static const gid_t groups[] = { 10, 7777 };

static void attack_61_an_unknown_name_passes_in_an_allow_and_stops_in_a_deny(void **state)
{
	static const struct acl_asker alice = { 10, groups, 2, 0 };
	static const struct verdict_case cases[] = {
		{ "allow bridge br0 group far-away\nallow bridge br0\n", ACL_VERDICT_ALLOW, 2 },
		{ "allow bridge br0 user far-away\nallow bridge br0\n", ACL_VERDICT_ALLOW, 2 },
		{ "allow bridge br0 group far-away\n", ACL_VERDICT_DENY, 0 },
		{ "allow bridge br0\ndeny bridge br0 group far-away\n", ACL_VERDICT_NO_NAMES, 2 },
		{ "allow bridge br0\ndeny bridge br0 user far-away\n", ACL_VERDICT_NO_NAMES, 2 },
		{ "allow bridge br0\ndeny bridge br1 user far-away\n", ACL_VERDICT_ALLOW, 1 },
		/* A deny that is certain needs no name. */
		{ "deny bridge br0 user far-away\ndeny bridge br0\n", ACL_VERDICT_NO_NAMES, 1 },
		/* Nobody has the name, and that is certain: a rule may outlive its account. */
		{ "allow bridge br0\ndeny bridge br0 group gone\n", ACL_VERDICT_ALLOW, 1 },
		{ "allow bridge br0 group lost\nallow bridge br0\n", ACL_VERDICT_NO_NAMES, 1 },
	};

	(void)state;
	assert_verdicts(&alice, cases, ARRAY_SIZE(cases));
}

static void attack_61_a_uid_without_a_name_is_allowed_by_its_number_alone(void **state)
{
	static const struct acl_asker nameless = { 4711, groups, 2, 1 };
	static const struct verdict_case cases[] = {
		{ "allow bridge br0 user 4711\n", ACL_VERDICT_ALLOW, 1 },
		{ "allow bridge br0\n", ACL_VERDICT_DENY, 0 },
		{ "allow bridge br0 group 10\n", ACL_VERDICT_DENY, 0 },
		{ "allow bridge br0 group alice\n", ACL_VERDICT_DENY, 0 },
		{ "allow bridge br0 user 471\n", ACL_VERDICT_DENY, 0 },
		{ "allow bridge br0\nallow bridge br0 user 4711\n", ACL_VERDICT_ALLOW, 2 },
		/* What is denied to everybody or to his ids is denied to him. */
		{ "allow bridge br0 user 4711\ndeny bridge br0\n", ACL_VERDICT_DENY, 2 },
		{ "allow bridge br0 user 4711\ndeny bridge br0 group 7777\n", ACL_VERDICT_DENY, 2 },
		{ "allow bridge br0 user 4711\ndeny bridge br0 group alice\n", ACL_VERDICT_DENY, 2 },
		{ "allow bridge br0 user 4711\ndeny bridge br0 user 4711\n", ACL_VERDICT_DENY, 2 },
		{ "allow bridge br0 user 4711\ndeny bridge br0 user bob\n", ACL_VERDICT_ALLOW, 1 },
		{ "allow bridge br0 user 4711\ndeny bridge br0 user far-away\n",
		  ACL_VERDICT_NO_NAMES, 2 },
	};

	(void)state;
	assert_verdicts(&nameless, cases, ARRAY_SIZE(cases));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_as_directories_make_them),
		cmocka_unit_test(a_name_between_other_words),
		cmocka_unit_test(attack_19_names_that_could_hide_something),
		cmocka_unit_test(a_letter_is_never_read_beyond_its_end),
		cmocka_unit_test(attack_61_an_unknown_name_passes_in_an_allow_and_stops_in_a_deny),
		cmocka_unit_test(attack_61_a_uid_without_a_name_is_allowed_by_its_number_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
