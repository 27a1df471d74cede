/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The answer of another program, and when it is over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client/command/machine/capture.h"

/* Longer than a busy machine needs, and shorter than what would have to be waited for. */
#define LIMIT_MS 60000

static struct capture *answer(const char *script)
{
	struct capture *capture = malloc(sizeof *capture);
	char shell[] = "sh", option[] = "-c", *line = strdup(script);
	char *words[] = { shell, option, line, NULL };

	assert_non_null(capture);
	assert_non_null(line);
	capture_run(words, LIMIT_MS, capture);
	free(line);
	return capture;
}

static void a_daemon_that_keeps_the_output_is_not_waited_for(void **state)
{
	struct capture *capture = answer("sleep 600 & echo $!");
	const pid_t daemon = (pid_t)strtol(capture->text, NULL, 10);

	(void)state;
	assert_true(daemon > 1);
	assert_int_equal(kill(daemon, SIGKILL), 0);
	assert_int_equal(capture->end, CAPTURE_EXITED);
	assert_int_equal(capture->status, 0);
	free(capture);
}

static void all_that_the_program_itself_wrote_is_there(void **state)
{
	struct capture *capture =
		answer("i=0; while [ $i -lt 3000 ]; do echo 123456789; i=$((i+1)); done; exit 3");

	(void)state;
	assert_int_equal(capture->end, CAPTURE_EXITED);
	assert_int_equal(capture->status, 3);
	assert_int_equal(strlen(capture->text), 30000);
	free(capture);
	capture = answer("exec >&- 2>&-; sleep 0.1; exit 4");
	assert_int_equal(capture->status, 4);
	assert_string_equal(capture->text, "");
	free(capture);
}

static void files_take_the_place_of_input_and_output(void **state)
{
	struct capture *capture = malloc(sizeof *capture);
	char cat[] = "sh", option[] = "-c", line[] = "cat; cat; echo problem >&2";
	char *words[] = { cat, option, line, NULL }, text[8] = "";
	int input = memfd_create("input", MFD_CLOEXEC),
	    output = memfd_create("output", MFD_CLOEXEC);

	(void)state;
	assert_non_null(capture);
	assert_int_equal(pwrite(input, "abcdef", 6, 0), 6);
	assert_int_equal(lseek(input, 2, SEEK_SET), 2);
	capture_run_between(words, input, output, LIMIT_MS, capture);
	assert_int_equal(capture->end, CAPTURE_EXITED);
	assert_string_equal(capture->text, "problem\n");
	assert_int_equal(pread(output, text, sizeof text, 0), 4);
	assert_string_equal(text, "cdef");
	close(input);
	close(output);
	free(capture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_take_the_place_of_input_and_output),
		cmocka_unit_test(a_daemon_that_keeps_the_output_is_not_waited_for),
		cmocka_unit_test(all_that_the_program_itself_wrote_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
