/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* QMP against a peer that says what a real QEMU hardly would. */
#include "tests/unit/qmp-peer.h"

/* One command after the greeting, its result and its phrase. */
static void one_command(const struct step *steps, enum qmp_result expected, const char *phrase)
{
	struct peer peer;
	struct qmp qmp;

	start(&peer, &qmp, steps);
	assert_int_equal(open_to(&peer, &qmp), QMP_DONE);
	qmp.timeout_ms = patience_ms(expected);
	assert_int_equal(ask(&qmp, "query-it", NULL), expected);
	if (phrase != NULL && strcmp(qmp.error, phrase) != 0)
		fail_msg("%s", qmp.error);
	stop_peer(&peer, &qmp);
}

static void not_opened(const struct step *steps, enum qmp_result expected, const char *phrase)
{
	struct peer peer;
	struct qmp qmp;

	start(&peer, &qmp, steps);
	qmp.timeout_ms = patience_ms(expected);
	assert_int_equal(open_to(&peer, &qmp), expected);
	if (strstr(qmp.error, phrase) == NULL)
		fail_msg("%s", qmp.error);
	assert_int_equal(qmp.fd, -1);
	stop_peer(&peer, &qmp);
}

/* What is known of "card" after device_del, the answer and these events. */
static enum qmp_fate fate_of(const char *answer, const char *events,
				 enum qmp_result expected)
{
	struct peer peer;
	struct qmp qmp;
	enum qmp_fate fate;

	start(&peer, &qmp, SCRIPT(AGREED, { "device_del", answer }, { NULL, events }));
	assert_int_equal(open_to(&peer, &qmp), QMP_DONE);
	qmp_watch(&qmp, "card");
	assert_int_equal(ask(&qmp, "device_del", NULL), QMP_DONE);
	assert_int_equal(qmp_wait_fate(&qmp, patience_ms(expected)), expected);
	fate = qmp.fate;
	stop_peer(&peer, &qmp);
	return fate;
}

/* ---- commands and answers ---- */

static void an_answer_is_found_among_everything_else(void **state)
{
	(void)state;
	one_command(SCRIPT(AGREED, { "\"query-it\"", ANSWER(2, "{}") }), QMP_DONE, NULL);
	/* Events before it, and the answer to a command that nobody waits for. */
	one_command(SCRIPT(AGREED, { "query-it", DELETED("x") "{\"event\": \"RTC\"}" ANSWER(1, "[]")
						 ANSWER(2, "{}") }), QMP_DONE, NULL);
	/* In pieces, inside a name and inside a number. */
	one_command(SCRIPT({ NULL, "\r\n {\"Q" }, { NULL, "MP\": {}}" },
			   { "qmp_capabilities", "{\"id\": 1" }, { NULL, ", \"return\": {}}\n" },
			   { "query-it", "{\"ret" }, { NULL, "urn\": 12" }, { NULL, "3, \"id\": 2}" }),
		    QMP_DONE, NULL);
}

static void an_answer_is_handed_over(void **state)
{
	struct peer peer;
	struct qmp qmp;
	json_object *answer;

	(void)state;
	start(&peer, &qmp, SCRIPT(AGREED, { "query-it", ANSWER(2, "{\"name\": \"r\\u00e4der\"}") }));
	assert_int_equal(open_to(&peer, &qmp), QMP_DONE);
	assert_int_equal(ask(&qmp, "query-it", &answer), QMP_DONE);
	assert_string_equal(qmp_get_string(answer, "name"), "r\xc3\xa4" "der");
	assert_string_equal(qmp_get_string(answer, "other"), "");
	(void)json_object_put(answer);
	stop_peer(&peer, &qmp);
}

static void an_error_has_qemus_words(void **state)
{
	(void)state;
	one_command(SCRIPT(AGREED, { "query-it", "{\"id\": 2, \"error\": {\"class\": \"GenericError\", "
						 "\"desc\": \"Bus 'x' not found\"}}" }),
		    QMP_REFUSED, "Bus 'x' not found");
	/* Where it could not read the command it leaves the id out. */
	one_command(SCRIPT(AGREED, { "query-it", "{\"error\": {\"desc\": \"bad\"}}" }), QMP_REFUSED,
		    "bad");
	one_command(SCRIPT(AGREED, { "query-it", "{\"id\": 2, \"error\": {}}" }), QMP_REFUSED, "");
	one_command(SCRIPT(AGREED, { "query-it", "{\"id\": 2, \"error\": 5}" }), QMP_REFUSED, "");
}

static void what_is_not_qmp_ends_the_connection(void **state)
{
	static const char not_qmp[] = "what came is not QMP";

	(void)state;
	one_command(SCRIPT(AGREED, { "query-it", "{\"id\": 2}" }), QMP_LOST, not_qmp);
	one_command(SCRIPT(AGREED, { "query-it", "[]" }), QMP_LOST, not_qmp);
	one_command(SCRIPT(AGREED, { "query-it", "7 " }), QMP_LOST, not_qmp);
	one_command(SCRIPT(AGREED, { "query-it", "null " }), QMP_LOST, not_qmp);
	one_command(SCRIPT(AGREED, { "query-it", "HTTP/1.1 400" }), QMP_LOST, not_qmp);
	one_command(SCRIPT(AGREED, { "query-it", "{\"a\": \"\\ud8" }, { NULL, HANG_UP }), QMP_LOST,
		    "the connection was closed");
	one_command(SCRIPT(AGREED, { "query-it", HANG_UP }), QMP_LOST, "the connection was closed");
	not_opened(SCRIPT({ NULL, "{\"event\": \"RESUME\"}" }), QMP_LOST, not_qmp);
	not_opened(SCRIPT({ NULL, "(qemu) " }), QMP_LOST, not_qmp);
	not_opened(SCRIPT({ NULL, HANG_UP }), QMP_LOST, "the connection was closed");
	not_opened(SCRIPT({ NULL, GREETING }, { "qmp_capabilities", "{\"id\": 1, \"error\": "
								   "{\"desc\": \"no\"}}" }),
		   QMP_REFUSED, "no");
}

static void a_message_without_end_is_not_kept(void **state)
{
	size_t length = 3 * 1024 * 1024;
	char *text = malloc(length + 1);

	(void)state;
	assert_non_null(text);
	memset(text, ' ', length);
	text[length] = '\0';
	one_command(SCRIPT(AGREED, { "query-it", text }), QMP_LOST, "a message without end came");
	memcpy(text, "{\"event\": \"", 11);
	one_command(SCRIPT(AGREED, { "query-it", text }), QMP_LOST, "a message without end came");
	memset(text, '[', length);
	one_command(SCRIPT(AGREED, { "query-it", text }), QMP_LOST, "what came is not QMP");
	free(text);
}

/* ---- waits ---- */

static void a_silent_peer_is_not_waited_for_longer_than_said(void **state)
{
	(void)state;
	not_opened(SCRIPT({ NULL, " " }), QMP_LATE, "another program has this monitor");
	one_command(SCRIPT(AGREED), QMP_LATE, "no answer in time");
	one_command(SCRIPT(AGREED, { "query-it", DELETED("x") }), QMP_LATE, "no answer in time");
}

static void events_without_end_are_no_answer(void **state)
{
	(void)state;
	one_command(SCRIPT(AGREED, { "query-it", FLOOD }), QMP_LATE, "no answer in time");
	assert_int_equal(fate_of(ANSWER(2, "{}"), FLOOD, QMP_LATE), QMP_FATE_UNKNOWN);
}

/* Nor does whoever looks at them between two other things stay with them. */
static void events_without_end_are_left_for_later(void **state)
{
	struct peer peer;
	struct qmp qmp;

	(void)state;
	start(&peer, &qmp, SCRIPT(AGREED, { NULL, FLOOD }));
	assert_int_equal(open_to(&peer, &qmp), QMP_DONE);
	(void)alarm(ANSWER_MS / 1000);
	for (int i = 0; i < 10; i++)
		assert_int_equal(qmp_read_events(&qmp), QMP_DONE);
	(void)alarm(0);
	stop_peer(&peer, &qmp);
}

static void files_that_nobody_asked_for_are_not_kept(void **state)
{
	struct peer peer;
	struct qmp qmp;
	int before, after;

	(void)state;
	start(&peer, &qmp,
	      SCRIPT(AGREED, { "query-it", ANSWER(2, "{}") FILES },
		     { "query-it", ANSWER(3, "{}") }));
	assert_int_equal(open_to(&peer, &qmp), QMP_DONE);
	before = dup(0);
	close(before);
	assert_int_equal(ask(&qmp, "query-it", NULL), QMP_DONE);
	assert_int_equal(ask(&qmp, "query-it", NULL), QMP_DONE);
	after = dup(0);
	close(after);
	assert_int_equal(after, before);
	stop_peer(&peer, &qmp);
}

static void an_answer_that_comes_late_is_not_taken_for_the_next_one(void **state)
{
	struct peer peer;
	struct qmp qmp;
	json_object *answer;

	(void)state;
	start(&peer, &qmp, SCRIPT(AGREED, { "first", NULL },
				  { "second", ANSWER(2, "\"one\"") ANSWER(3, "\"two\"") }));
	assert_int_equal(open_to(&peer, &qmp), QMP_DONE);
	qmp.timeout_ms = SILENCE_MS;
	assert_int_equal(ask(&qmp, "first", NULL), QMP_LATE);
	qmp.timeout_ms = ANSWER_MS;
	assert_int_equal(ask(&qmp, "second", &answer), QMP_DONE);
	assert_string_equal(json_object_get_string(answer), "two");
	(void)json_object_put(answer);
	stop_peer(&peer, &qmp);
}

static void a_wait_is_interrupted(void **state)
{
	struct peer peer;
	struct qmp qmp;
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	start(&peer, &qmp, SCRIPT(AGREED, { "first", NULL }, { "second", ANSWER(3, "{}") }));
	assert_int_equal(open_to(&peer, &qmp), QMP_DONE);
	qmp.interrupt_fd = ends[0];
	assert_int_equal(ask(&qmp, "first", NULL), QMP_INTERRUPTED);
	/* The connection is as good as before. */
	qmp.interrupt_fd = -1;
	assert_int_equal(ask(&qmp, "second", NULL), QMP_DONE);
	stop_peer(&peer, &qmp);
	close(ends[0]);
	close(ends[1]);
}

/* ---- files ---- */

static void a_file_travels_with_the_command_that_names_it(void **state)
{
	struct peer peer;
	struct qmp qmp;
	struct stat file;
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)state;
	start(&peer, &qmp, SCRIPT(AGREED, { "\"getfd\"", ANSWER(2, "{}") }, { "next", ANSWER(3, "{}") }));
	assert_int_equal(open_to(&peer, &qmp), QMP_DONE);
	assert_int_equal(qmp_execute(&qmp, "getfd", qmp_argument("fdname", "a \"name\""), fd, NULL),
			 QMP_DONE);
	assert_int_equal(ask(&qmp, "next", NULL), QMP_DONE);
	/* It is still ours. */
	assert_int_equal(fstat(fd, &file), 0);
	stop_peer(&peer, &qmp);
	assert_int_equal(peer.fds, 1);
	assert_int_equal(peer.late_fds, 0);
	assert_int_equal(peer.file.st_rdev, file.st_rdev);
	close(fd);
}

/* ---- what became of a device ---- */

static void a_device_is_gone_when_its_own_event_says_so(void **state)
{
	(void)state;
	assert_int_equal(fate_of(ANSWER(2, "{}"), DELETED("card"), QMP_DONE), QMP_FATE_DELETED);
	/* Before the answer, too. */
	assert_int_equal(fate_of(DELETED("card") ANSWER(2, "{}"), " ", QMP_DONE), QMP_FATE_DELETED);
	assert_int_equal(fate_of(ANSWER(2, "{}"), DELETED("car") DELETED("cards"), QMP_LATE),
			 QMP_FATE_UNKNOWN);
	/* A part of a device has a path and no id. */
	assert_int_equal(fate_of(ANSWER(2, "{}"), "{\"event\": \"DEVICE_DELETED\", \"data\": "
				 "{\"path\": \"/machine/peripheral/card/virtio-backend\"}}", QMP_LATE),
			 QMP_FATE_UNKNOWN);
	assert_int_equal(fate_of(ANSWER(2, "{}"), "{\"event\": \"DEVICE_DELETED\"}", QMP_LATE),
			 QMP_FATE_UNKNOWN);
	assert_int_equal(fate_of(ANSWER(2, "{}"), "{\"event\": \"DEVICE_DELETED\", \"data\": 5}",
				 QMP_LATE), QMP_FATE_UNKNOWN);
}

static void a_guest_that_refuses_is_not_waited_for(void **state)
{
	(void)state;
	assert_int_equal(fate_of(ANSWER(2, "{}"), "{\"event\": \"DEVICE_UNPLUG_GUEST_ERROR\", "
				 "\"data\": {\"device\": \"card\", \"path\": \"/x\"}}", QMP_DONE),
			 QMP_FATE_KEPT);
}

static void a_path_that_no_socket_can_have_is_refused(void **state)
{
	char path[200];
	struct qmp qmp;
	int gone;

	(void)state;
	qmp_init(&qmp);
	memset(path, 'x', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	assert_int_equal(qmp_open(&qmp, path, &gone), QMP_LOST);
	assert_false(gone);
	assert_int_equal(qmp_open(&qmp, "", &gone), QMP_LOST);
	assert_int_equal(qmp_open(&qmp, "/nowhere/qmp", &gone), QMP_LOST);
	assert_true(gone);
	assert_int_equal(ask(&qmp, "query-it", NULL), QMP_LOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_found_among_everything_else),
		cmocka_unit_test(an_answer_is_handed_over),
		cmocka_unit_test(an_error_has_qemus_words),
		cmocka_unit_test(what_is_not_qmp_ends_the_connection),
		cmocka_unit_test(a_message_without_end_is_not_kept),
		cmocka_unit_test(a_silent_peer_is_not_waited_for_longer_than_said),
		cmocka_unit_test(events_without_end_are_no_answer),
		cmocka_unit_test(events_without_end_are_left_for_later),
		cmocka_unit_test(files_that_nobody_asked_for_are_not_kept),
		cmocka_unit_test(an_answer_that_comes_late_is_not_taken_for_the_next_one),
		cmocka_unit_test(a_wait_is_interrupted),
		cmocka_unit_test(a_file_travels_with_the_command_that_names_it),
		cmocka_unit_test(a_device_is_gone_when_its_own_event_says_so),
		cmocka_unit_test(a_guest_that_refuses_is_not_waited_for),
		cmocka_unit_test(a_path_that_no_socket_can_have_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
