/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
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
		{ "allow \tbr0", "+br0" },
		{ "allow \r\f\tbr0\n", "+br0" },
		{ "allow br0\n\nallow br1\n\n", "+br0 +br1" },
		{ "allow All\n", "+All" },
		{ "allow fifteen-bytes-x\n", "+fifteen-bytes-x" },
		{ "allow\tbr0\t\n", "+br0" },
		{ "allow \t\n", "" },
		{ "allow ", "" },
		{ "allow\t", "" },
		{ "include \r\n", "" },
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
		/* The first space counts before any tab, also one at the end. */
		{ BYTES("allow br0\nallow\tbr1 \nallow br2\n"), 2, 1, "allow\\x09br1",
		  "unknown command" },
		{ BYTES("allow br0\nallow\t br1\n"), 2, 1, "allow\\x09", "unknown command" },
		{ BYTES("allow br0\nallow\tbr1 # x\n"), 2, 1, "allow\\x09br1", "unknown command" },
		{ BYTES("allow br0\nallow sixteen-bytes-xx\nallow br2\n"), 2, 7,
		  "sixteen-bytes-xx", "at most 15 bytes" },
		{ BYTES("allow br0\ndeny \tsixteen-bytes-xx\r\nallow br2"), 2, 7,
		  "sixteen-bytes-xx", "at most 15 bytes" },
		{ BYTES("allow br0\nallow br1 # the lan of the house\nallow br2\n"), 2, 7,
		  "br1 # the lan of the house", "at most 15 bytes" },
		{ BYTES("allow br0\nallow\0 br1\nallow br2\n"), 2, 1, "allow",
		  "expected allow, deny" },
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

/* What was passed over, in the order of the file. */
struct heard {
	char log[1024];
};

static void hear(void *context, const struct acl_error *what)
{
	struct heard *heard = context;
	const size_t used = strlen(heard->log);

	snprintf(heard->log + used, sizeof(heard->log) - used, "%u:%u:%s;", what->line,
		 what->column, what->word);
	assert_non_null(strstr(what->message, what->word[0] != '\0' ? "passed over" : ""));
	assert_string_equal(what->file, FILE_NAME);
}

/* A name that no bridge can have is a rule about nothing, and the reading goes on. */
static void what_qemu_passes_over_is_passed_over_and_told(void **state)
{
	static const struct {
		const char *text;
		size_t length;
		const char *rules, *heard;
	} cases[] = {
		{ BYTES("allow br0 # lan\nallow br1\n"), "+br1", "1:7:br0 # lan;" },
		{ BYTES("allow br0#lan\nallow br1\n"), "+br1", "1:7:br0#lan;" },
		{ BYTES("allow br0\nallow br1 br2\ndeny br2\n"), "+br0 -br2", "2:7:br1 br2;" },
		{ BYTES("allow br0\ndeny br%d\ndeny br2\n"), "+br0 -br2", "2:6:br%d;" },
		{ BYTES("allow br0\ndeny *\ndeny br2\n"), "+br0 -br2", "2:6:*;" },
		{ BYTES("allow br0\nallow br\x1b\ndeny br2"), "+br0 -br2", "2:7:br\\x1b;" },
		{ BYTES("allow \ndeny\t\r\nallow br1\n"), "+br1", "1:7:;2:7:;" },
		{ BYTES("allow br0\ninclude x\ndeny br2\n"), "+br0 -br2", "2:9:x;" },
		{ BYTES("include \n"), "", "1:9:;" },
		{ BYTES("allow br0\nallow b\0 x\ndeny br2\n"), "+br0 +b -br2", "2:8:;" },
		{ BYTES("allow br0\n# \0\ndeny br2\n"), "+br0 -br2", "2:3:;" },
		{ BYTES("\0allow br0\ndeny br2\n\0"), "-br2", "1:1:;3:1:;" },
		{ BYTES("allow b\0"), "+b", "1:8:;" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct heard heard = { "" };
		const struct acl_visitor visitor = { &heard, visit_nothing, visit_nothing, hear };
		struct parsed parsed =
			parse_with(acl_parse_qemu, &visitor, cases[i].text, cases[i].length);

		assert_int_equal(parsed.result, 0);
		assert_rules(&parsed.acl, cases[i].rules);
		assert_string_equal(heard.log, cases[i].heard);
		parsed_release(&parsed);
	}
}

/* The last line without newline ends where the buffer does: also for names at its start. */
static void a_wrong_last_line_without_newline(void **state)
{
	static const struct wrong wrongs[] = {
		{ BYTES("allow sixteen-bytes-xx"), 1, 7, "sixteen-bytes-xx", "at most 15" },
		{ BYTES("permit br0"), 1, 1, "permit", "unknown command" },
		{ BYTES("allow"), 1, 1, "allow", "expected" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrongs); i++)
		assert_wrong(acl_parse_qemu, &wrongs[i]);
}

/* qemu reads into 4,096 bytes, so the rest of a longer line is a line. */
static void long_lines_are_read_in_pieces(void **state)
{
	static const struct {
		size_t filling;
		const char *filler, *rest, *rules;
	} cases[] = {
		{ 4094, "#", "\nallow br0", "+br0" },
		{ 4095, "#", "\nallow br0", "+br0" },
		{ 4095, "#", "allow br0", "+br0" },
		{ 4095, "#", "allow br0\nallow br1", "+br0 +br1" },
		{ 2 * 4095, "#", "", "" },
		{ 4095, " ", "allow br0\n", "+br0" },
		{ 4085, " ", "allow br0 \nallow br1\n", "+br0 +br1" },
		/* The name is cut, and no byte of the next piece is lost. */
		{ 4095 - 8, " ", "allow br#", "+br" },
		{ 4095 - 9, " ", "allow br0allow br1\n", "+br0 +br1" },
		{ 4095 - 9, " ", "allow br0deny br1", "+br0 -br1" },
		{ 4095 - 6, " ", "allow deny br1\n", "-br1" },
	};
	char text[4 * 4096];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct parsed parsed;

		memset(text, cases[i].filler[0], cases[i].filling);
		strcpy(text + cases[i].filling, cases[i].rest);
		/* A comment is one only up to the cut. */
		if (cases[i].filling > 4095)
			memcpy(text + 4095, "#", 1);
		parsed = parse_good(acl_parse_qemu, text);
		assert_rules(&parsed.acl, cases[i].rules);
		parsed_release(&parsed);
	}
	/* A command as long as a piece can be. */
	const struct wrong wrong = { text,
				     4095,
				     1,
				     1,
				     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...",
				     "expected allow, deny" };
	memset(text, 'x', 4095);
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
	const struct acl_visitor visitor = { &visits, visit_include, visit_import, NULL };
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

/* Before 4.1 qemu kept 15 bytes of a longer name; a bridge of that name is another one. */
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
		cmocka_unit_test(what_qemu_passes_over_is_passed_over_and_told),
		cmocka_unit_test(a_wrong_last_line_without_newline),
		cmocka_unit_test(long_lines_are_read_in_pieces),
		cmocka_unit_test(includes),
		cmocka_unit_test(attack_17_the_cut_twin_never_matches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
