/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Untrusted bytes: only printable ASCII comes out, and a cut is visible. */
#include "tests/unit/acl-fixture.h"

#include "wire/refusal/escape.h"

static void plain_text_stays(void **state)
{
	char text[64];

	(void)state;
	assert_ptr_equal(escape_string(text, sizeof(text), "br-lab.7 ~!\"%s"), text);
	assert_string_equal(text, "br-lab.7 ~!\"%s");
	assert_string_equal(escape_string(text, sizeof(text), ""), "");
	assert_string_equal(escape_string(text, sizeof(text), NULL), "");
	assert_string_equal(escape_bytes(text, sizeof(text), NULL, 0), "");
}

static void attack_43_control_bytes_are_escaped(void **state)
{
	char text[64];

	(void)state;
	assert_string_equal(escape_string(text, sizeof(text), "a\nb\x1b[31m"), "a\\x0ab\\x1b[31m");
	assert_string_equal(escape_bytes(text, sizeof(text), BYTES("\0\x7f\x80\xff\t\r")),
			    "\\x00\\x7f\\x80\\xff\\x09\\x0d");
	assert_string_equal(escape_string(text, sizeof(text), "a\\x0a"), "a\\x5cx0a");
}

static void every_byte_becomes_printable(void **state)
{
	char text[8];

	(void)state;
	for (unsigned byte = 0; byte < 256; byte++) {
		const char c = (char)byte;

		escape_bytes(text, sizeof(text), &c, 1);
		if (byte >= ' ' && byte <= '~' && byte != '\\')
			assert_int_equal(text[0], c);
		else
			assert_memory_equal(text, "\\x", 2);
		for (const char *p = text; *p != '\0'; p++)
			assert_true(*p >= ' ' && *p <= '~');
	}
}

static void a_cut_is_marked_after_a_whole_character(void **state)
{
	char text[8];

	(void)state;
	assert_string_equal(escape_string(text, sizeof(text), "1234567"), "1234567");
	assert_string_equal(escape_string(text, sizeof(text), "12345678"), "1234...");
	assert_string_equal(escape_string(text, sizeof(text), "\n\n"), "\\x0a...");
	assert_string_equal(escape_string(text, sizeof(text), "a\n\n"), "a...");
	assert_string_equal(escape_string(text, sizeof(text), "123\n"), "123\\x0a");
	assert_string_equal(escape_string(text, sizeof(text), "1234\n"), "1234...");
	assert_string_equal(escape_string(text, sizeof(text), "123\n5"), "123...");
}

/* Against a way to do it that keeps all and looks afterwards. */
static void any_size_agrees_with_a_slow_way(void **state)
{
	static const char bytes[] = "ab\ncd\\e\x80\x81 f\x01";
	const size_t length = sizeof(bytes) - 1;

	(void)state;
	for (size_t size = 8; size < 48; size++) {
		char *text = malloc(size);
		char whole[64], expected[64] = "";

		assert_non_null(text);
		escape_bytes(whole, sizeof(whole), bytes, length);
		for (size_t n = 0; n <= length; n++) {
			escape_bytes(whole, sizeof(whole), bytes, n);
			if (n < length && strlen(whole) + 3 < size)
				snprintf(expected, sizeof(expected), "%.60s...", whole);
			if (n == length && strlen(whole) < size)
				strcpy(expected, whole);
		}
		assert_string_equal(escape_bytes(text, size, bytes, length), expected);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text_stays),
		cmocka_unit_test(attack_43_control_bytes_are_escaped),
		cmocka_unit_test(every_byte_becomes_printable),
		cmocka_unit_test(a_cut_is_marked_after_a_whole_character),
		cmocka_unit_test(any_size_agrees_with_a_slow_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
