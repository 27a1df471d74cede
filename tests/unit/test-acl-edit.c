/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The text of a policy file with one line changed: all others stay as they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "client/command/acl-edit/file/file-text.h"

static void expect(char *text, const char *wanted)
{
	assert_string_equal(text, wanted);
	free(text);
}

static void test_a_line_goes_where_it_is_told(void **state)
{
	(void)state;
	expect(file_text_insert("", 1, "a"), "a\n");
	expect(file_text_insert("1\n2\n", 1, "a"), "a\n1\n2\n");
	expect(file_text_insert("1\n2\n", 2, "a"), "1\na\n2\n");
	expect(file_text_insert("1\n2\n", 3, "a"), "1\n2\na\n");
}

static void test_only_the_named_lines_go(void **state)
{
	(void)state;
	expect(file_text_remove("1\n2\n3\n", (const unsigned[]){ 2 }, 1), "1\n3\n");
	expect(file_text_remove("1\n2\n3\n", (const unsigned[]){ 1, 3 }, 2), "2\n");
	expect(file_text_remove("1\n2\n3\n", (const unsigned[]){ 1, 2, 3 }, 3), "");
}

static void test_a_replaced_line_keeps_its_place_and_comment(void **state)
{
	(void)state;
	expect(file_text_replace("1\n2\n", 2, "a"), "1\na\n");
	expect(file_text_replace("\t2  # why\n3\n", 1, "a"), "\ta  # why\n3\n");
	expect(file_text_replace("u \"a # b\" # c\n", 1, "x"), "x # c\n");
	expect(file_text_replace("u \"a # b\"\n# c\n", 1, "x"), "x\n# c\n");
}

static void test_the_first_statement_is_no_comment(void **state)
{
	(void)state;
	assert_int_equal(file_text_first_statement(""), 0);
	assert_int_equal(file_text_first_statement("# a\n\n \t# b\n"), 0);
	assert_int_equal(file_text_first_statement("# a\n\n\tallow\ndeny\n"), 3);
	assert_int_equal(file_text_lines("# a\n\n\tallow\n"), 3);
}

static void test_a_difference_is_what_diff_prints(void **state)
{
	(void)state;
	expect(file_text_diff("", "a\n", "f"), "--- f\n+++ f\n@@ -0,0 +1 @@\n+a\n");
	expect(file_text_diff("a\n", "", "f"), "--- f\n+++ f\n@@ -1 +0,0 @@\n-a\n");
	expect(file_text_diff("1\n2\n3\n4\n5\n", "1\n2\n3\n4\nx\n5\n", "f"),
	       "--- f\n+++ f\n@@ -2,4 +2,5 @@\n 2\n 3\n 4\n+x\n 5\n");
	expect(file_text_diff("1\n2\n3\n4\n5\n6\n7\n8\n", "1\n2\n3\n4\nx\n6\n7\n8\n", "f"),
	       "--- f\n+++ f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n");
	/* The same line twice: only one more of it. */
	expect(file_text_diff("a\na\n", "a\na\na\n", "f"),
	       "--- f\n+++ f\n@@ -1,2 +1,3 @@\n a\n a\n+a\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_line_goes_where_it_is_told),
		cmocka_unit_test(test_only_the_named_lines_go),
		cmocka_unit_test(test_a_replaced_line_keeps_its_place_and_comment),
		cmocka_unit_test(test_the_first_statement_is_no_comment),
		cmocka_unit_test(test_a_difference_is_what_diff_prints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
