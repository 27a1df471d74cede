/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files in the syntax of qemu-bridge-helper: what it reads, this reads. */
#include "tests/unit/acl-fixture.h"

/* The rules of a list as text: "+br0 -all". */
static void assert_rules(const struct acl *acl, const char *expected)
{
	char text[512] = "";

	for (size_t i = 0; i < acl->count; i++) {
		const struct acl_rule *rule = &acl->rules[i];
		const size_t used = strlen(text);

		assert_int_equal(rule->kind, ACL_KIND_BRIDGE);
		assert_int_equal(rule->subject.type, ACL_SUBJECT_EVERYBODY);
		assert_int_equal(rule->options.port_direct, 1);
		assert_int_equal(rule->options.polkit_skip, 0);
		snprintf(text + used, sizeof(text) - used, "%s%c%s", used > 0 ? " " : "",
			 rule->effect == ACL_EFFECT_ALLOW ? '+' : '-',
			 rule->bridge != NULL ? rule->bridge : "*");
	}
	assert_string_equal(text, expected);
}

static void lines_that_qemu_reads(void **state)
{
	static const struct {
		const char *text, *rules;
	} cases[] = {
		{ "", "" },
		{ "\n\n", "" },
		{ "# allow all\n", "" },
		{ "   # allow all\n", "" },
		{ "#allow all", "" },
		{ "allow br0\n", "+br0" },
		{ "allow br0", "+br0" },
		{ "allow all\ndeny all\n", "+* -*" },
		{ "deny br0\nallow br1\n", "-br0 +br1" },
		{ "allow br0\r\ndeny br1\r\n", "+br0 -br1" },
		{ "\r\n# x\r\n\f\r\n", "" },
		{ "allow br0\r", "+br0" },
		{ " \t\f\rallow \t br0 \t\r\f\n", "+br0" },
		{ "allow\tbr0\n", "+br0" },
		{ "allow\t br0", "+br0" },
		{ "allow \r\f\tbr0\n", "+br0" },
		{ "allow br0\n\nallow br1\n\n", "+br0 +br1" },
		{ "allow All\n", "+All" },
		{ "allow fifteen-bytes-x\n", "+fifteen-bytes-x" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct parsed parsed = parse_good(acl_parse_qemu, cases[i].text);

		assert_rules(&parsed.acl, cases[i].rules);
		parsed_release(&parsed);
	}
}

static void rules_know_their_place(void **state)
{
	struct parsed parsed = parse_good(acl_parse_qemu, "# x\nallow br0\n\ndeny br1");

	(void)state;
	assert_string_equal(parsed.acl.rules[0].file, FILE_NAME);
	assert_int_equal(parsed.acl.rules[0].line, 2);
	assert_int_equal(parsed.acl.rules[1].line, 4);
	parsed_release(&parsed);
}

/* Where qemu stops reading the file, the rules behind are not read. */
static void lines_that_qemu_refuses_too(void **state)
{
	static const struct wrong wrongs[] = {
		{ BYTES("allow br0\npermit br1\nallow br2\n"), 2, 1, "permit", "unknown command" },
		{ BYTES("allow br0\n  Allow br1\nallow br2\n"), 2, 3, "Allow", "unknown command" },
		{ BYTES("allow br0\nallow\nallow br2\n"), 2, 1, "allow", "expected allow, deny" },
		{ BYTES("allow br0\nallow\r\nallow br2\n"), 2, 1, "allow", "expected allow, deny" },
		{ BYTES("allow br0\ndeny \t\r\nallow br2\n"), 2, 1, "deny",
		  "expected allow, deny" },
		{ BYTES("allow br0\ninclude"), 2, 1, "include", "expected allow, deny" },
		{ BYTES("allow br0\nx"), 2, 1, "x", "expected allow, deny" },
		{ BYTES("allow br0\nallow\rbr1\n"), 2, 1, "allow\\x0dbr1", "expected allow, deny" },
		{ BYTES("allow br0\nallow\rbr1 br2\n"), 2, 1, "allow\\x0dbr1", "unknown command" },
		{ BYTES("allow br0\n\vallow br1\n"), 2, 1, "\\x0ballow", "unknown command" },
		{ BYTES("allow br0\n\xef\xbb\xbf"
			"allow br1\n"),
		  2, 1, "\\xef\\xbb\\xbfallow", "unknown command" },
		{ BYTES("allow br0\nallow# br1\n"), 2, 1, "allow#", "unknown command" },
		{ BYTES("allow br0\nimport-qemu /x\n"), 2, 1, "import-qemu", "unknown command" },
		{ BYTES("allow br0\n%s%n\n"), 2, 1, "%s%n", "expected allow, deny" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrongs); i++) {
		struct parsed parsed = parse_with(acl_parse_qemu, &visitor_of_nothing,
						  wrongs[i].text, wrongs[i].length);

		assert_rules(&parsed.acl, "+br0");
		parsed_release(&parsed);
		assert_wrong(acl_parse_qemu, &wrongs[i]);
	}
}

/* Where only we are strict, a deny that stands behind is not lost. */
static void lines_that_only_we_refuse(void **state)
{
	static const char name[] = "not a name that a bridge can have";
	const struct wrong wrongs[] = {
		{ BYTES("allow br0\nallow sixteen-bytes-xx\ndeny br2\n"), 2, 7, "sixteen-bytes-xx",
		  "at most 15 bytes" },
		{ BYTES("allow br0\ndeny \tsixteen-bytes-xx\r\ndeny br2"), 2, 7, "sixteen-bytes-xx",
		  "at most 15 bytes" },
		{ BYTES("allow br0\nallow br1 br2\ndeny br2\n"), 2, 7, "br1 br2", name },
		{ BYTES("allow br0\nallow br1 # x\ndeny br2\n"), 2, 7, "br1 # x", name },
		{ BYTES("allow br0\nallow br%d\ndeny br2\n"), 2, 7, "br%d", name },
		{ BYTES("allow br0\nallow *\ndeny br2\n"), 2, 7, "*", name },
		{ BYTES("allow br0\nallow br\x1b\ndeny br2\n"), 2, 7, "br\\x1b", name },
		{ BYTES("allow br0\ninclude x\ndeny br2\n"), 2, 9, "x", "must be absolute" },
		{ BYTES("allow br0\nallow b\0\ndeny br2\n"), 2, 8, "", "NUL byte" },
		{ BYTES("allow br0\n# \0\ndeny br2\n"), 2, 3, "", "NUL byte" },
		{ BYTES("allow br0\nallow *\ndeny br2\nallow /\n"), 2, 7, "*", name },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrongs); i++) {
		struct parsed parsed = parse_with(acl_parse_qemu, &visitor_of_nothing,
						  wrongs[i].text, wrongs[i].length);

		assert_rules(&parsed.acl, "+br0 -br2");
		parsed_release(&parsed);
		assert_wrong(acl_parse_qemu, &wrongs[i]);
	}
}

static void the_first_error_is_told(void **state)
{
	static const struct wrong wrong = { BYTES("allow *\nallow /\npermit x\nallow :\n"), 1, 7,
					    "*", "not a name" };

	(void)state;
	assert_wrong(acl_parse_qemu, &wrong);
}

/* The last line without newline ends where the buffer does: also for names at its start. */
static void a_wrong_last_line_without_newline(void **state)
{
	static const struct wrong wrongs[] = {
		{ BYTES("allow sixteen-bytes-xx"), 1, 7, "sixteen-bytes-xx", "at most 15" },
		{ BYTES("allow \t br%d"), 1, 9, "br%d", "not a name" },
		{ BYTES("permit br0"), 1, 1, "permit", "unknown command" },
		{ BYTES("include x"), 1, 9, "x", "absolute" },
		{ BYTES("allow"), 1, 1, "allow", "expected" },
		{ BYTES("allow br0\n\0"), 2, 1, "", "NUL byte" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrongs); i++)
		assert_wrong(acl_parse_qemu, &wrongs[i]);
}

static void attack_19_long_lines(void **state)
{
	static const size_t lengths[] = { ACL_LINE_MAX + 1, ACL_LINE_MAX * 2 };
	char text[ACL_LINE_MAX * 3];
	struct parsed parsed;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct wrong wrong = { text, 0, 1, 4097, "", "longer than 4096 bytes" };

		memset(text, '#', sizeof(text));
		wrong.length = lengths[i];
		assert_wrong(acl_parse_qemu, &wrong);
		memcpy(text + lengths[i], BYTES("\ndeny br2"));
		wrong.length = lengths[i] + strlen("\ndeny br2");
		assert_wrong(acl_parse_qemu, &wrong);
		parsed = parse_with(acl_parse_qemu, &visitor_of_nothing, text, wrong.length);
		assert_rules(&parsed.acl, "-br2");
		parsed_release(&parsed);
	}
	memset(text, '#', ACL_LINE_MAX);
	parsed = parse_with(acl_parse_qemu, &visitor_of_nothing, text, ACL_LINE_MAX);
	assert_int_equal(parsed.result, 0);
	parsed_release(&parsed);
	/* A command as long as a line can be. */
	struct wrong wrong = { text,
			       ACL_LINE_MAX,
			       1,
			       1,
			       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...",
			       "expected allow, deny" };
	memset(text, 'x', ACL_LINE_MAX);
	assert_wrong(acl_parse_qemu, &wrong);
}

struct visits {
	char log[256];
	int result;
};

static int visit_include(void *context, const char *path, struct acl_error *error)
{
	struct visits *visits = context;
	const size_t used = strlen(visits->log);

	snprintf(visits->log + used, sizeof(visits->log) - used, "%s;", path);
	acl_error_set(error, NULL, 0, 0, NULL, "too deep");
	return visits->result;
}

static int visit_import(void *context, const char *path, struct acl_error *error)
{
	(void)context;
	(void)path;
	(void)error;
	fail();
	return -1;
}

static void includes(void **state)
{
	struct visits visits = { "", 0 };
	const struct acl_visitor visitor = { &visits, visit_include, visit_import };
	struct parsed parsed =
		parse_with(acl_parse_qemu, &visitor,
			   BYTES("include /a b\nallow br0\ninclude /c\r\ninclude /d"));
	char text[600];

	(void)state;
	assert_int_equal(parsed.result, 0);
	assert_string_equal(visits.log, "/a b;/c;/d;");
	assert_rules(&parsed.acl, "+br0");
	parsed_release(&parsed);
	/* What the caller of the parser cannot bear ends the reading. */
	visits = (struct visits){ "", -1 };
	parsed = parse_with(acl_parse_qemu, &visitor, BYTES("\ninclude /a\nallow br0\n"));
	assert_int_equal(parsed.result, -1);
	assert_string_equal(visits.log, "/a;");
	assert_rules(&parsed.acl, "");
	acl_error_format(&parsed.error, text, sizeof(text));
	assert_string_equal(text, FILE_NAME ": line 2, column 9: /a: too deep");
	parsed_release(&parsed);
}

/* qemu keeps 15 bytes of a longer name; a bridge of that name is another one. */
static void attack_17_the_cut_twin_never_matches(void **state)
{
	static const char *const twins[] = { "fifteen-bytes-xy", "fifteen-bytes-xyz",
					     "fifteen-bytes-x x", "fifteen-bytes-x\v" };
	const struct acl_object object = { .kind = ACL_KIND_BRIDGE, .bridge = "fifteen-bytes-x" };
	const struct acl_asker asker = { .uid = 1000 };
	const struct acl_rule *rule;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(twins); i++) {
		char text[64];
		struct parsed parsed;

		snprintf(text, sizeof(text), "allow %s\n", twins[i]);
		parsed = parse_with(acl_parse_qemu, &visitor_of_nothing, text, strlen(text));
		assert_int_equal(parsed.result, -1);
		assert_int_equal(acl_judge(&parsed.acl, &object, &asker, NULL, &rule),
				 ACL_VERDICT_DENY);
		assert_null(rule);
		parsed_release(&parsed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_that_qemu_reads),
		cmocka_unit_test(rules_know_their_place),
		cmocka_unit_test(lines_that_qemu_refuses_too),
		cmocka_unit_test(lines_that_only_we_refuse),
		cmocka_unit_test(the_first_error_is_told),
		cmocka_unit_test(a_wrong_last_line_without_newline),
		cmocka_unit_test(attack_19_long_lines),
		cmocka_unit_test(includes),
		cmocka_unit_test(attack_17_the_cut_twin_never_matches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
