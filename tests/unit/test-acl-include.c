/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Statements of the ACL that lead to other files, and how much there may be. */
#include "tests/unit/acl-fixture.h"

struct visits {
	char log[256];
	const char *fail_message, *fail_file;
};

static int visit(struct visits *visits, const char *what, const char *path, struct acl_error *error)
{
	const size_t used = strlen(visits->log);

	snprintf(visits->log + used, sizeof(visits->log) - used, "%s %s;", what, path);
	if (visits->fail_message == NULL)
		return 0;
	acl_error_set(error, visits->fail_file, 0, 0, NULL, visits->fail_message);
	return -1;
}

static int visit_include(void *context, const char *path, struct acl_error *error)
{
	return visit(context, "include", path, error);
}

static int visit_import(void *context, const char *path, struct acl_error *error)
{
	return visit(context, "import", path, error);
}

static void includes_are_visited_in_order(void **state)
{
	struct visits visits = { .log = "" };
	const struct acl_visitor visitor = { &visits, visit_include, visit_import, NULL };
	struct parsed parsed = parse_with(acl_parse, &visitor,
					  BYTES("include /b\nallow bridge b\n"
						"import-qemu /etc/qemu/bridge.conf # old\n"
						"include\t/etc/a\\b%s\n"));

	(void)state;
	assert_int_equal(parsed.result, 0);
	assert_int_equal(parsed.acl.count, 1);
	assert_string_equal(visits.log,
			    "include /b;import /etc/qemu/bridge.conf;include /etc/a\\b%s;");
	parsed_release(&parsed);
}

static void an_include_that_fails_ends_everything(void **state)
{
	struct visits visits = { .log = "", .fail_message = "cannot be read", .fail_file = "/b" };
	const struct acl_visitor visitor = { &visits, visit_include, visit_import, NULL };
	struct parsed parsed =
		parse_with(acl_parse, &visitor, BYTES("\n include /b\ninclude /c\n"));
	char text[600];

	(void)state;
	assert_int_equal(parsed.result, -1);
	assert_string_equal(visits.log, "include /b;");
	acl_error_format(&parsed.error, text, sizeof(text));
	assert_string_equal(text, "/b: cannot be read");
	parsed_release(&parsed);
	/* Without a file the error gets the place of the statement. */
	visits.fail_file = NULL;
	parsed = parse_with(acl_parse, &visitor, BYTES("\n include /b\n"));
	assert_int_equal(parsed.result, -1);
	acl_error_format(&parsed.error, text, sizeof(text));
	assert_string_equal(text, FILE_NAME ": line 2, column 10: /b: cannot be read");
	parsed_release(&parsed);
}

/* The visitor adds rules to the list that is being filled. */
static int visit_and_append(void *context, const char *path, struct acl_error *error)
{
	static char many[100 * sizeof("allow bridge x\n")];
	const struct acl_visitor visitor = { context, visit_and_append, visit_and_append, NULL };
	size_t length = 0;

	assert_string_equal(path, "/more");
	for (int i = 0; i < 100; i++)
		length +=
			(size_t)snprintf(many + length, sizeof(many) - length, "allow bridge x\n");
	return acl_parse(context, many, length, "/more", &visitor, error);
}

static void an_include_adds_in_its_place(void **state)
{
	struct parsed parsed = { 0 };
	const struct acl_visitor visitor = { &parsed.acl, visit_and_append, visit_and_append,
					     NULL };
	char text[] = "allow bridge a\ninclude /more\nallow bridge b\n";

	(void)state;
	parsed.result =
		acl_parse(&parsed.acl, text, strlen(text), FILE_NAME, &visitor, &parsed.error);
	assert_int_equal(parsed.result, 0);
	assert_int_equal(parsed.acl.count, 102);
	assert_string_equal(parsed.acl.rules[0].bridge, "a");
	assert_string_equal(parsed.acl.rules[1].file, "/more");
	assert_int_equal(parsed.acl.rules[100].line, 100);
	assert_string_equal(parsed.acl.rules[101].bridge, "b");
	assert_string_equal(parsed.acl.rules[101].file, FILE_NAME);
	assert_int_equal(parsed.acl.rules[101].line, 3);
	parsed_release(&parsed);
}

static void no_more_than_65536_rules(void **state)
{
	static const char rule[] = "deny bridge b\n";
	const size_t length = (sizeof(rule) - 1) * (ACL_RULES_MAX + 1);
	struct wrong wrong = {
		NULL, length, ACL_RULES_MAX + 1, 1, "deny", "more than 65536 rules"
	};
	char *text = malloc(length);
	struct parsed parsed;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < length; i += sizeof(rule) - 1)
		memcpy(text + i, rule, sizeof(rule) - 1);
	parsed = parse_with(acl_parse, &visitor_of_nothing, text, length - (sizeof(rule) - 1));
	assert_int_equal(parsed.result, 0);
	assert_int_equal(parsed.acl.count, ACL_RULES_MAX);
	parsed_release(&parsed);
	wrong.text = text;
	assert_wrong(acl_parse, &wrong);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(includes_are_visited_in_order),
		cmocka_unit_test(an_include_that_fails_ends_everything),
		cmocka_unit_test(an_include_adds_in_its_place),
		cmocka_unit_test(no_more_than_65536_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
