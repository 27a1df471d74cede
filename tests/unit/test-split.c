/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Texts as words: split as a shell does it, and nothing is expanded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "client/text/split.h"
#include "client/text/text.h"

/* A text, and the words that it is. */
#define SPLITS(...) splits((const char *const[]){ __VA_ARGS__, NULL })

static void splits(const char *const texts[])
{
	const char *const *expected = texts + 1;
	struct words words = { 0 };
	size_t count = 0;

	assert_null(words_split(&words, texts[0]));
	for (; expected[count] != NULL; count++) {
		assert_true(count < words.count);
		assert_string_equal(words.items[count], expected[count]);
	}
	assert_int_equal(words.count, count);
	words_release(&words);
}

static void refused(const char *text, const char *expected)
{
	struct words words = { 0 };
	const char *why = words_split(&words, text);

	assert_non_null(why);
	assert_string_equal(why, expected);
	assert_int_equal(words.count, 0);
	words_release(&words);
}

static void words_stand_between_blanks(void **state)
{
	(void)state;
	SPLITS("");
	SPLITS(" \t\r\n ");
	SPLITS("--net br0,queues=4\t--usb\n1d6b:0104 ", "--net", "br0,queues=4", "--usb",
	       "1d6b:0104");
}

static void quotes_and_backslashes_keep_what_they_hold(void **state)
{
	(void)state;
	SPLITS("'a b' \"c d\" e\\ f", "a b", "c d", "e f");
	SPLITS("a'b'\"c\"\\d", "abcd");
	SPLITS("'' \"\"", "", "");
	SPLITS("'\\' '\"' \"'\"", "\\", "\"", "'");
	SPLITS("\"\\\"\\\\\\$\\`\\a\"", "\"\\$`\\a");
	SPLITS("a\\\nb \\\n c", "ab", "c");
	SPLITS("\"a\\\nb\"", "ab");
}

static void comments_end_with_their_line(void **state)
{
	(void)state;
	SPLITS("# one\n a #b c\nd#e '#f'\n  # g", "a", "d#e", "#f");
	SPLITS("\\# a", "#", "a");
	SPLITS("# 'not a quote");
}

static void nothing_is_expanded(void **state)
{
	(void)state;
	SPLITS("$HOME `id` $(id) ~ * ; | > & {a,b}", "$HOME", "`id`", "$(id)", "~", "*", ";", "|",
	       ">", "&", "{a,b}");
	SPLITS("\"$HOME `id`\"", "$HOME `id`");
}

static void what_is_not_closed_is_refused_whole(void **state)
{
	(void)state;
	refused("a 'b c", "a quote is not closed");
	refused("a \"b\\\"", "a quote is not closed");
	refused("a \"b\\", "a quote is not closed");
	refused("a b\\", "nothing stands behind the last backslash");
}

static void words_are_added_to_those_before(void **state)
{
	struct words words = { 0 };

	(void)state;
	words_add(&words, text_format("run"));
	assert_null(words_split(&words, "a b"));
	assert_int_equal(words.count, 3);
	assert_string_equal(words.items[2], "b");
	assert_non_null(words_split(&words, "c 'd"));
	assert_int_equal(words.count, 3);
	assert_null(words.items[3]);
	words_release(&words);
}

static void last_is(const char *text, const char *but, const char *expected)
{
	char *copy = text_format("%s", text), *last = text_last_line(copy, but);

	assert_true(text_is_same(last, expected));
	free(copy);
}

static void the_last_line_is_the_one_that_says_something(void **state)
{
	(void)state;
	last_is("", NULL, NULL);
	last_is("\n\n", NULL, NULL);
	last_is("one", NULL, "one");
	last_is("one\ntwo\n\n", NULL, "two");
	last_is("one\nHint: two\n", "Hint: ", "one");
	last_is("Hint: two", "Hint: ", NULL);
	last_is("one\nHint\n", "Hint: ", "Hint");
	assert_true(text_is_same(NULL, NULL));
	assert_false(text_is_same("", NULL));
	assert_false(text_is_same("a", "b"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_line_is_the_one_that_says_something),
		cmocka_unit_test(words_stand_between_blanks),
		cmocka_unit_test(quotes_and_backslashes_keep_what_they_hold),
		cmocka_unit_test(comments_end_with_their_line),
		cmocka_unit_test(nothing_is_expanded),
		cmocka_unit_test(what_is_not_closed_is_refused_whole),
		cmocka_unit_test(words_are_added_to_those_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
