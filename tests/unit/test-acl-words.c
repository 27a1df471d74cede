/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Bytes, lines, words and numbers of the ACL, and the place of each error. */
#include "tests/unit/acl-fixture.h"

#include "judge/policy/words.h"

static void assert_wrong_byte(const char *text, size_t length, unsigned line, unsigned column,
			      const char *word, const char *message)
{
	const struct wrong wrong = { text, length, line, column, word, message };

	assert_wrong(acl_parse, &wrong);
}

static void words_and_columns(void **state)
{
	char text[] = "\n  # nothing\n\tone  two\t\n serial=\"a #b\" four#";
	struct acl_reader reader = { text, text + strlen(text) - strlen(" four#") };
	struct acl_line line = { .file = FILE_NAME };
	struct acl_error error;

	(void)state;
	reader.end[0] = '\n';
	reader.end++;
	assert_int_equal(acl_reader_next(&reader, &line, &error), 1);
	assert_int_equal(line.number, 3);
	assert_int_equal(line.word_count, 2);
	assert_string_equal(line.words[0].text, "one");
	assert_int_equal(line.words[0].column, 2);
	assert_int_equal(line.words[0].length, 3);
	assert_string_equal(line.words[1].text, "two");
	assert_int_equal(line.words[1].column, 7);
	assert_int_equal(acl_reader_next(&reader, &line, &error), 1);
	assert_int_equal(line.number, 4);
	assert_int_equal(line.word_count, 1);
	assert_string_equal(line.words[0].text, "serial=\"a #b\"");
	assert_int_equal(line.words[0].column, 2);
	assert_int_equal(acl_reader_next(&reader, &line, &error), 0);
}

static void nothing_is_a_policy(void **state)
{
	static const char *const texts[] = {
		"", "\n", "\n\n\n", " \t \n", "#\n", "# a comment: \"\\#\n", "\t# one\n   #two\n"
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct parsed parsed = parse_good(acl_parse, texts[i]);

		assert_int_equal(parsed.acl.count, 0);
		parsed_release(&parsed);
	}
}

static void attack_19_wrong_bytes(void **state)
{
	static const struct wrong wrongs[] = {
		{ BYTES("allow bridge br0\r\n"), 1, 17, "\\x0d", "carriage return" },
		{ BYTES("\r\n"), 1, 1, "\\x0d", "carriage return" },
		{ BYTES("# x\r\n"), 1, 4, "\\x0d", "carriage return" },
		{ BYTES("\n\nallow\0bridge br0\n"), 3, 6, "", "NUL byte" },
		{ BYTES("allow bridge \0\n"), 1, 14, "", "NUL byte" },
		{ BYTES("# \0\n"), 1, 3, "", "NUL byte" },
		{ BYTES("\xef\xbb\xbf"
			"allow bridge br0\n"),
		  1, 1, "\\xef\\xbb\\xbf", "byte order mark" },
		{ BYTES("\xef\xbb\xbf"), 1, 1, "\\xef\\xbb\\xbf", "byte order mark" },
		{ BYTES("\n\xef\xbb\xbf\n"), 2, 1, "\\xef", "not an ASCII character" },
		{ BYTES("\xff\xfe"
			"a\0l\0\n\0"),
		  1, 1, "\\xff", "not an ASCII character" },
		{ BYTES("allow bridge br\xc3\xb6\n"), 1, 16, "\\xc3", "not an ASCII character" },
		{ BYTES("#\xc3\xb6\n"), 1, 2, "\\xc3", "not an ASCII character" },
		{ BYTES("allow usb serial=\"\xc3\xb6\"\n"), 1, 19, "\\xc3", "not an ASCII" },
		{ BYTES("allow\x0b"
			"bridge\n"),
		  1, 6, "\\x0b", "control character" },
		{ BYTES("allow bridge br0 \x1b[31m\n"), 1, 18, "\\x1b", "control character" },
		{ BYTES("allow bridge br0\x7f\n"), 1, 17, "\\x7f", "control character" },
		{ BYTES("allow usb serial=\"a\x01\"\n"), 1, 20, "\\x01", "control character" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrongs); i++)
		assert_wrong(acl_parse, &wrongs[i]);
}

/* No byte but the printable ones, tab and newline passes, wherever it stands. */
static void attack_19_every_byte(void **state)
{
	static const char before[][24] = { "allow bridge b", "# comment ", "allow usb serial=\"a",
					   "" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(before); i++) {
		for (unsigned byte = 0; byte < 256; byte++) {
			const size_t length = strlen(before[i]);
			char text[32];
			char word[8] = "";

			if ((byte >= ' ' && byte <= '~') || byte == '\t' || byte == '\n')
				continue;
			memcpy(text, before[i], length);
			text[length] = (char)byte;
			memcpy(text + length + 1, "\n", 1);
			if (byte != 0)
				snprintf(word, sizeof(word), "\\x%02x", byte);
			assert_wrong_byte(text, length + 2, 1, (unsigned)length + 1, word, "");
		}
	}
}

static void attack_19_missing_final_newline(void **state)
{
	static const struct wrong wrongs[] = {
		{ BYTES("allow bridge br0"), 1, 17, "", "no newline" },
		{ BYTES("allow bridge br0\ndeny bridge br1"), 2, 16, "", "no newline" },
		{ BYTES("\n#"), 2, 2, "", "no newline" },
		{ BYTES("\n "), 2, 2, "", "no newline" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrongs); i++)
		assert_wrong(acl_parse, &wrongs[i]);
}

/* "ok", a line of so many bytes, and perhaps a newline. */
static size_t long_line(char *text, size_t bytes, const char *start, const char *end)
{
	size_t length = (size_t)sprintf(text, "allow bridge ok\n%s", start);

	memset(text + length, 'x', bytes - strlen(start));
	length = strlen("allow bridge ok\n") + bytes;
	memcpy(text + length, end, strlen(end));
	return length + strlen(end);
}

static void attack_19_line_of_4097_bytes(void **state)
{
	static const char *const starts[] = { "# ", "allow bridge br0 # ", "" };
	char text[ACL_LINE_MAX * 3];
	size_t length;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		length = long_line(text, ACL_LINE_MAX + 1, starts[i], "\n");
		assert_wrong_byte(text, length, 2, 4097, "", "longer than 4096 bytes");
		length = long_line(text, ACL_LINE_MAX + 1, starts[i], "");
		assert_wrong_byte(text, length, 2, 4097, "", "longer than 4096 bytes");
		length = long_line(text, ACL_LINE_MAX * 2, starts[i], "\n");
		assert_wrong_byte(text, length, 2, 4097, "", "longer than 4096 bytes");
		length = long_line(text, ACL_LINE_MAX, starts[i], "");
		assert_wrong_byte(text, length, 2, 4097, "", "no newline");
	}
	length = long_line(text, ACL_LINE_MAX, "# ", "\n");
	text[length] = '\0';
	struct parsed parsed = parse_good(acl_parse, text);
	assert_int_equal(parsed.acl.count, 1);
	parsed_release(&parsed);
	/* As long as a line may be, and one word: the error shows its start. */
	length = long_line(text, ACL_LINE_MAX, "", "\n");
	assert_wrong_byte(text, length, 2, 1,
			  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...",
			  "unknown statement");
}

static void hash_and_quotes(void **state)
{
	static const struct wrong wrongs[] = {
		{ BYTES("allow bridge br0#1\n"), 1, 17, "#", "inside a word" },
		{ BYTES("allow#\n"), 1, 6, "#", "inside a word" },
		{ BYTES("allow usb serial=a#b\n"), 1, 19, "#", "inside a word" },
		{ BYTES("allow usb serial=\"a\"#b\n"), 1, 21, "#", "a space must follow" },
		{ BYTES("allow usb serial=\"a\"b\n"), 1, 21, "b", "a space must follow" },
		{ BYTES("allow usb serial=\"a\"\"\n"), 1, 21, "\"", "a space must follow" },
		{ BYTES("allow usb serial=\"a\n"), 1, 18, "\"", "without a closing quote" },
		{ BYTES("allow usb serial=\"\n"), 1, 18, "\"", "without a closing quote" },
		{ BYTES("allow usb serial=\"a\tb\"\n"), 1, 20, "\\x09", "between quotes" },
		{ BYTES("allow usb serial=\"a\\\"b\"\n"), 1, 20, "\\x5c", "between quotes" },
		{ BYTES("allow usb serial=a\"b\"\n"), 1, 19, "\"", "may be quoted" },
		{ BYTES("allow usb xserial=\"b\"\n"), 1, 19, "\"", "may be quoted" },
		{ BYTES("allow bridge \"br0\"\n"), 1, 14, "\"br0\"", "not a name" },
		{ BYTES("\"allow\" bridge br0\n"), 1, 1, "\"allow\"", "unknown statement" },
		{ BYTES("include \"/etc/a b\"\n"), 1, 9, "\"/etc/a b\"", "must be absolute" },
		{ BYTES("allow usb port=\"1-1\"\n"), 1, 16, "\"", "may be quoted" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrongs); i++)
		assert_wrong(acl_parse, &wrongs[i]);
}

static void too_many_words(void **state)
{
	char text[ACL_LINE_WORDS_MAX * 2 + 4];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i += 2)
		memcpy(text + i, "a ", 2);
	text[sizeof(text) - 1] = '\n';
	assert_wrong_byte(text, sizeof(text), 1, ACL_LINE_WORDS_MAX * 2 + 1, "a", "too many words");
}

static void numbers(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		int result;
		uint64_t number;
	} cases[] = {
		{ "0", 0, 0, 0 },
		{ "1", 1, 0, 1 },
		{ "2", 1, -1, 0 },
		{ "18446744073709551615", UINT64_MAX, 0, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, -1, 0 },
		{ "99999999999999999999999", UINT64_MAX, -1, 0 },
		{ "184467440737095516150", UINT64_MAX, -1, 0 },
		{ "", UINT64_MAX, -1, 0 },
		{ "00", UINT64_MAX, -1, 0 },
		{ "01", UINT64_MAX, -1, 0 },
		{ "+1", UINT64_MAX, -1, 0 },
		{ "-1", UINT64_MAX, -1, 0 },
		{ " 1", UINT64_MAX, -1, 0 },
		{ "1 ", UINT64_MAX, -1, 0 },
		{ "0x1", UINT64_MAX, -1, 0 },
		{ "1e3", UINT64_MAX, -1, 0 },
		{ "1.0", UINT64_MAX, -1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t number = 77;

		assert_int_equal(acl_number_parse(cases[i].text, strlen(cases[i].text),
						  cases[i].max, &number),
				 cases[i].result);
		assert_int_equal(number, cases[i].result == 0 ? cases[i].number : 77);
	}
}

static void hexadecimal_numbers(void **state)
{
	uint16_t number = 7;

	(void)state;
	assert_int_equal(acl_hex_parse("0aFf", 4, &number), 0);
	assert_int_equal(number, 0x0aff);
	assert_int_equal(acl_hex_parse("08", 2, &number), 0);
	assert_int_equal(number, 8);
	assert_int_equal(acl_hex_parse("0g", 2, &number), -1);
	assert_int_equal(acl_hex_parse("+1", 2, &number), -1);
	assert_int_equal(acl_hex_parse("0x", 2, &number), -1);
	assert_int_equal(acl_hex_parse("1", 2, &number), -1);
	assert_int_equal(number, 8);
}

static void an_error_without_parts(void **state)
{
	struct acl_error error;
	char text[600];
	int length;

	(void)state;
	acl_error_set(&error, "/f", 3, 7, "w", "m");
	length = acl_error_format(&error, text, sizeof(text));
	assert_int_equal(length, strlen(text));
	assert_string_equal(text, "/f: line 3, column 7: w: m");
	acl_error_set(&error, "/f", 3, 0, NULL, "m");
	acl_error_format(&error, text, sizeof(text));
	assert_string_equal(text, "/f: line 3: m");
	acl_error_set(&error, "/f", 0, 0, NULL, "m");
	acl_error_format(&error, text, sizeof(text));
	assert_string_equal(text, "/f: m");
	acl_error_set(&error, NULL, 0, 5, "", "m");
	acl_error_format(&error, text, sizeof(text));
	assert_string_equal(text, "m");
}

static void attack_43_errors_are_escaped(void **state)
{
	struct acl_error error;
	char longer[1000];
	char text[64];

	(void)state;
	memset(longer, '\n', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	acl_error_set(&error, "/f\n\x1b", 1, 1, "%s%n\x07", "no\nlie");
	acl_error_format(&error, text, sizeof(text));
	assert_string_equal(text, "/f\\x0a\\x1b: line 1, column 1: %s%n\\x07: no\\x0alie");
	acl_error_set(&error, longer, 1, 1, longer, longer);
	assert_string_equal(error.file + strlen(error.file) - 7, "\\x0a...");
	assert_string_equal(error.word + strlen(error.word) - 7, "\\x0a...");
	assert_string_equal(error.message + strlen(error.message) - 7, "\\x0a...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_columns),
		cmocka_unit_test(nothing_is_a_policy),
		cmocka_unit_test(attack_19_wrong_bytes),
		cmocka_unit_test(attack_19_every_byte),
		cmocka_unit_test(attack_19_missing_final_newline),
		cmocka_unit_test(attack_19_line_of_4097_bytes),
		cmocka_unit_test(hash_and_quotes),
		cmocka_unit_test(too_many_words),
		cmocka_unit_test(numbers),
		cmocka_unit_test(hexadecimal_numbers),
		cmocka_unit_test(an_error_without_parts),
		cmocka_unit_test(attack_43_errors_are_escaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
