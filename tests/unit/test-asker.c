/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The question to the asker as text: one way to write each, and nothing else is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/asker/asker.h"

#define BEGINNING "vmgrant-authorize 1: question\naction=org.vmgrant.tap\npid=1234\n"
#define SUBJECT BEGINNING "start-time=567890\nuid=1000\ninteractive=no\npidfd=no\n"
#define WHOLE SUBJECT "detail=bridge=br0\nend\n"

static struct asker_question plain(void)
{
	return (struct asker_question){
		.action = "org.vmgrant.tap",
		.pid = 1234,
		.start_time = 567890,
		.uid = 1000,
		.details = { "bridge=br0" },
		.detail_count = 1,
	};
}

static int decode(const char *text)
{
	struct asker_question question;

	return asker_decode_question(text, strlen(text), &question);
}

static void a_question_is_written_as_documented(void **state)
{
	const struct asker_question question = plain();
	char text[ASKER_QUESTION_MAX];
	size_t length = asker_encode_question(&question, text, sizeof text);

	(void)state;
	assert_int_equal(length, strlen(WHOLE));
	assert_memory_equal(text, WHOLE, length);
}

static void a_question_is_read_as_it_was_written(void **state)
{
	struct asker_question question = plain(), again;
	char text[ASKER_QUESTION_MAX];
	size_t length;

	(void)state;
	question.uid = UINT32_MAX - 1;
	question.pid = INT32_MAX;
	question.start_time = INT64_MAX;
	question.interaction = ASKER_MAY_PROMPT;
	question.subject = ASKER_SUBJECT_BY_PIDFD;
	question.detail_count = ASKER_DETAILS_MAX;
	memset(question.action, 'a', sizeof question.action - 1);
	for (size_t i = 0; i < ASKER_DETAILS_MAX; i++) {
		memset(question.details[i], '=', ASKER_DETAIL_SIZE - 1);
		question.details[i][0] = '~';
		question.details[i][ASKER_DETAIL_SIZE - 1] = '\0';
	}
	length = asker_encode_question(&question, text, sizeof text);
	assert_int_not_equal(length, 0);
	assert_int_equal(asker_decode_question(text, length, &again), 0);
	assert_string_equal(again.action, question.action);
	assert_int_equal(again.uid, question.uid);
	assert_int_equal(again.pid, question.pid);
	assert_int_equal(again.start_time, question.start_time);
	assert_int_equal(again.interaction, ASKER_MAY_PROMPT);
	assert_int_equal(again.subject, ASKER_SUBJECT_BY_PIDFD);
	assert_int_equal(again.detail_count, ASKER_DETAILS_MAX);
	assert_memory_equal(again.details, question.details, sizeof question.details);
}

static void attack_61_every_uid_but_the_one_that_is_none_can_be_asked_about(void **state)
{
	static const uint32_t uids[] = { 0, 1, INT32_MAX, (uint32_t)INT32_MAX + 1, 4294967294U };
	char text[ASKER_QUESTION_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof uids / sizeof *uids; i++) {
		struct asker_question question = plain(), again;
		size_t length;

		question.uid = uids[i];
		length = asker_encode_question(&question, text, sizeof text);
		assert_int_equal(asker_decode_question(text, length, &again), 0);
		assert_int_equal(again.uid, uids[i]);
	}
	assert_int_equal(decode(BEGINNING "start-time=1\nuid=4294967295\ninteractive=no\n"
					  "pidfd=no\nend\n"), -1);
	assert_int_equal(decode(BEGINNING "start-time=1\nuid=-1\ninteractive=no\npidfd=no\nend\n"),
			 -1);
}

static void what_is_no_question_is_not_written(void **state)
{
	struct asker_question question;
	char text[ASKER_QUESTION_MAX];

	(void)state;
#define assert_not_written(change)                                                       \
	do {                                                                             \
		question = plain();                                                      \
		change;                                                                  \
		assert_int_equal(asker_encode_question(&question, text, sizeof text), 0); \
	} while (0)
	assert_not_written(question.pid = 0);
	assert_not_written(question.pid = (uint32_t)INT32_MAX + 1);
	assert_not_written(question.start_time = 0);
	assert_not_written(question.start_time = (uint64_t)INT64_MAX + 1);
	assert_not_written(question.uid = UINT32_MAX);
	assert_not_written(question.action[0] = '\0');
	assert_not_written(question.action[3] = '\n');
	assert_not_written(memset(question.action, 'a', sizeof question.action));
	assert_not_written(question.detail_count = ASKER_DETAILS_MAX + 1);
	assert_not_written(strcpy(question.details[0], "no mark"));
	assert_not_written(strcpy(question.details[0], "=value without a key"));
	assert_not_written(strcpy(question.details[0], "key=a\nend"));
	assert_not_written(strcpy(question.details[0], "key=\x7f"));
	assert_not_written(strcpy(question.details[0], "key=\xc3\xa4"));
	assert_not_written(memset(question.details[0], '=', ASKER_DETAIL_SIZE));
#undef assert_not_written
	question = plain();
	assert_int_equal(asker_encode_question(&question, text, sizeof text - 1), 0);
}

static void a_question_that_is_cut_anywhere_is_none(void **state)
{
	struct asker_question question;

	(void)state;
	for (size_t length = 0; length < strlen(WHOLE); length++) {
		/* Behind the end is no byte that could be read. */
		char *copy = malloc(length + 1);

		assert_non_null(copy);
		memcpy(copy + 1, WHOLE, length);
		assert_int_equal(asker_decode_question(copy + 1, length, &question), -1);
		free(copy);
	}
	assert_int_equal(decode(WHOLE), 0);
}

static void no_single_byte_can_be_changed_into_a_control_character(void **state)
{
	char text[] = WHOLE;

	(void)state;
	for (size_t i = 0; i < strlen(WHOLE); i++) {
		static const char others[] = { '\0', '\n', '\r', '\x1b', '\x7f', '\x80' };
		const char kept = text[i];

		for (size_t k = 0; k < sizeof others; k++) {
			struct asker_question question;

			if (others[k] == kept)
				continue;
			text[i] = others[k];
			assert_int_equal(asker_decode_question(text, strlen(WHOLE), &question),
					 -1);
		}
		text[i] = kept;
	}
}

static void anything_else_is_no_question(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"end\n",
		WHOLE "\n",
		WHOLE WHOLE,
		" " WHOLE,
		SUBJECT "detail=bridge\nend\n",
		SUBJECT "detail==br0\nend\n",
		SUBJECT "Detail=bridge=br0\nend\n",
		SUBJECT "end \n",
		SUBJECT "ending\nend\n",
		SUBJECT "uid=0\nend\n",
		BEGINNING "start-time=0\nuid=1000\ninteractive=no\npidfd=no\nend\n",
		BEGINNING "start-time=01\nuid=1000\ninteractive=no\npidfd=no\nend\n",
		BEGINNING "start-time=\nuid=1000\ninteractive=no\npidfd=no\nend\n",
		BEGINNING "start-time= 1\nuid=1000\ninteractive=no\npidfd=no\nend\n",
		BEGINNING "start-time=+1\nuid=1000\ninteractive=no\npidfd=no\nend\n",
		BEGINNING "start-time=0x1\nuid=1000\ninteractive=no\npidfd=no\nend\n",
		BEGINNING "start-time=9223372036854775808\nuid=1\ninteractive=no\npidfd=no\nend\n",
		BEGINNING "start-time=18446744073709551617\nuid=1\ninteractive=no\npidfd=no\nend\n",
		BEGINNING "uid=1000\nstart-time=1\ninteractive=no\npidfd=no\nend\n",
		BEGINNING "start-time=1\nuid=1000\ninteractive=maybe\npidfd=no\nend\n",
		BEGINNING "start-time=1\nuid=1000\ninteractive=\npidfd=no\nend\n",
		BEGINNING "start-time=1\nuid=1000\ninteractive=noo\npidfd=no\nend\n",
		BEGINNING "start-time=1\nuid=1000\npidfd=no\nend\n",
		"vmgrant-authorize 2: question\naction=org.vmgrant.tap\npid=1\nstart-time=1\nuid=1\n"
		"interactive=no\npidfd=no\nend\n",
		"vmgrant-authorize 1: question\naction=\npid=1\nstart-time=1\nuid=1\n"
		"interactive=no\npidfd=no\nend\n",
		"vmgrant-authorize 1: question\naction=a\npid=0\nstart-time=1\nuid=1\n"
		"interactive=no\npidfd=no\nend\n",
		"vmgrant-authorize 1: question\naction=a\npid=2147483648\nstart-time=1\nuid=1\n"
		"interactive=no\npidfd=no\nend\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_int_equal(decode(texts[i]), -1);
}

static void attack_66_a_question_has_an_end(void **state)
{
	char text[ASKER_QUESTION_MAX * 2], detail[ASKER_DETAIL_SIZE + 16];
	size_t length;

	(void)state;
	/* One detail too many. */
	length = strlen(strcpy(text, SUBJECT));
	for (size_t i = 0; i <= ASKER_DETAILS_MAX; i++)
		length += strlen(strcpy(text + length, "detail=key=value\n"));
	(void)strcpy(text + length, "end\n");
	assert_int_equal(decode(text), -1);
	/* One byte too many in a detail. */
	memset(detail, 'x', sizeof detail);
	memcpy(detail, "key=", 4);
	detail[ASKER_DETAIL_SIZE - 1] = '\0';
	(void)snprintf(text, sizeof text, SUBJECT "detail=%s\nend\n", detail);
	assert_int_equal(decode(text), 0);
	(void)snprintf(text, sizeof text, SUBJECT "detail=%sx\nend\n", detail);
	assert_int_equal(decode(text), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_is_written_as_documented),
		cmocka_unit_test(a_question_is_read_as_it_was_written),
		cmocka_unit_test(attack_61_every_uid_but_the_one_that_is_none_can_be_asked_about),
		cmocka_unit_test(what_is_no_question_is_not_written),
		cmocka_unit_test(a_question_that_is_cut_anywhere_is_none),
		cmocka_unit_test(no_single_byte_can_be_changed_into_a_control_character),
		cmocka_unit_test(anything_else_is_no_question),
		cmocka_unit_test(attack_66_a_question_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
