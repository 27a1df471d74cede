/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* libvmgrant against a helper that does whatever is wrong. */
#include "tests/unit/library-fixture.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* One refusal on a connection of its own. */
static void refuses(const char *bridge, enum vmgrant_code code, const char *sentence)
{
	struct vmgrant_connection *connection = connect_to(STAND_IN);
	struct vmgrant_tap tap;

	assert_int_equal(ask(connection, bridge, 2, VMGRANT_TAP_VHOST, &tap), code);
	if (strstr(vmgrant_error(connection), sentence) == NULL)
		fail_msg("%s: %s", bridge, vmgrant_error(connection));
	for (const char *c = vmgrant_error(connection); *c != '\0'; c++)
		assert_true(*c >= ' ' && *c <= '~');
	assert_int_equal(tap.queues + tap.vhost_count, 0);
	assert_int_equal(tap.queue_fds[0], -1);
	vmgrant_tap_close(&tap);
	vmgrant_close(connection);
}

/* ---- grants ---- */

static void a_grant_has_the_promised_files(void **state)
{
	struct vmgrant_connection *connection = connect_to(STAND_IN);
	struct vmgrant_tap tap;

	(void)state;
	assert_int_equal(ask(connection, "br0", 4, VMGRANT_TAP_VHOST, &tap), VMGRANT_GRANTED);
	assert_int_equal(tap.queues, 4);
	assert_int_equal(tap.vhost_count, 4);
	for (int i = 0; i < VMGRANT_QUEUES_MAX; i++) {
		int flags = i < 4 ? FD_CLOEXEC : -1;

		assert_int_equal(fcntl(tap.queue_fds[i], F_GETFD), flags);
		assert_int_equal(fcntl(tap.vhost_fds[i], F_GETFD), flags);
	}
	assert_int_equal(tap.mtu_bytes, 1500);
	assert_int_equal(tap.flags, VMGRANT_PORT_SEALED);
	assert_string_equal(tap.port, "vmgport");
	assert_string_equal(tap.tap, "tap0");
	/* One that was given away is not closed. */
	close(tap.queue_fds[2]);
	tap.queue_fds[2] = -1;
	vmgrant_tap_close(&tap);
	vmgrant_tap_close(&tap);
	vmgrant_tap_close(NULL);
	assert_int_equal(tap.queues, 0);
	vmgrant_close(connection);
	vmgrant_close(NULL);
}

static void sixteen_queues_with_vhost_fit_in_one_message(void **state)
{
	struct vmgrant_connection *connection = connect_to(STAND_IN);
	struct vmgrant_tap tap;

	(void)state;
	assert_int_equal(ask(connection, "br0", 16, VMGRANT_TAP_VHOST, &tap), VMGRANT_GRANTED);
	assert_int_equal(tap.queues + tap.vhost_count, 32);
	vmgrant_tap_close(&tap);
	vmgrant_close(connection);
}

static void files_outlive_the_connection(void **state)
{
	struct vmgrant_connection *connection = connect_to(STAND_IN);
	struct vmgrant_tap tap;

	(void)state;
	assert_int_equal(ask(connection, "br0", 0, 0, &tap), VMGRANT_GRANTED);
	vmgrant_close(connection);
	assert_int_equal(tap.queues, 1);
	assert_true(fcntl(tap.queue_fds[0], F_GETFD) >= 0);
	vmgrant_tap_close(&tap);
}

static void vhost_may_be_left_out_of_a_grant(void **state)
{
	struct vmgrant_connection *connection = connect_to(STAND_IN);
	struct vmgrant_tap tap;

	(void)state;
	assert_int_equal(ask(connection, "no-vhost", 2, VMGRANT_TAP_VHOST, &tap), VMGRANT_GRANTED);
	assert_int_equal(tap.vhost_count, 0);
	vmgrant_tap_close(&tap);
	vmgrant_close(connection);
}

static void an_offer_says_what_would_be_given(void **state)
{
	struct vmgrant_connection *connection = connect_to(STAND_IN);
	struct vmgrant_offer offer = { .size = sizeof offer };

	(void)state;
	assert_int_equal(vmgrant_offer(connection, "br0", &offer), VMGRANT_GRANTED);
	assert_int_equal(offer.queues, 4);
	assert_int_equal(offer.quota, 3);
	assert_int_equal(offer.quota_used, 1);
	assert_int_equal(offer.vlan, 42);
	assert_int_equal(vmgrant_offer(connection, "no", &offer), VMGRANT_DENIED);
	assert_int_equal(offer.queues, 0);
	assert_int_equal(vmgrant_offer(connection, "stray-query", &offer), VMGRANT_INTERNAL);
	assert_int_equal(vmgrant_offer(connection, "br0", &offer), VMGRANT_GRANTED);
	vmgrant_close(connection);
}

/* ---- refusals ---- */

static void a_refusal_has_its_code_and_its_sentence(void **state)
{
	(void)state;
	refuses("no", VMGRANT_DENIED, "bridge no: not allowed: ?[31mno rule");
	refuses("new-code", VMGRANT_INTERNAL, "a reason of the future");
}

static void what_the_helper_says_at_its_end_reaches_the_caller(void **state)
{
	(void)state;
	refuses("no-power", VMGRANT_NO_PRIVILEGE, "start: no power here: nosuid: ask");
	refuses("loader", VMGRANT_INSTALLATION, "error while loading shared libraries");
	refuses("silent", VMGRANT_POLICY, "ended without an answer");
	refuses("odd-status", VMGRANT_INTERNAL, "ended without an answer");
	refuses("chatter", VMGRANT_INTERNAL, "nonsense");
	refuses("killed", VMGRANT_INTERNAL, "ended by signal 9");
	refuses("eof", VMGRANT_INTERNAL, "ended without an answer");
}

static void attack_49_a_wrong_reply_is_refused_with_all_its_files(void **state)
{
	static const char *const names[] = {
		"short", "tiny", "long", "serial", "version", "type", "few", "many", "none",
		"flood", "queues", "half-vhost", "nameless", "stray",
	};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		refuses(names[i], VMGRANT_INTERNAL, "its reply cannot be used");
}

static void vhost_files_that_nobody_asked_for_are_refused(void **state)
{
	struct vmgrant_connection *connection = connect_to(STAND_IN);
	struct vmgrant_tap tap;

	(void)state;
	assert_int_equal(ask(connection, "vhost", 1, 0, &tap), VMGRANT_INTERNAL);
	vmgrant_close(connection);
}

static void a_connection_survives_every_refusal(void **state)
{
	static const char *const names[] = { "no", "serial", "no-power", "killed", "eof", "stray" };
	struct vmgrant_connection *connection = connect_to(STAND_IN);
	struct vmgrant_tap tap;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		assert_int_not_equal(ask(connection, names[i], 1, 0, &tap), VMGRANT_GRANTED);
		assert_int_equal(ask(connection, "br0", 1, 0, &tap), VMGRANT_GRANTED);
		vmgrant_tap_close(&tap);
	}
	vmgrant_close(connection);
}

static void a_helper_that_went_to_rest_is_replaced_silently(void **state)
{
	struct vmgrant_connection *connection = connect_to(STAND_IN);
	struct vmgrant_tap tap;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(ask(connection, "once", 1, 0, &tap), VMGRANT_GRANTED);
		vmgrant_tap_close(&tap);
	}
	assert_string_equal(vmgrant_error(connection), "");
	vmgrant_close(connection);
}

static void a_helper_that_is_missing_shows_with_the_first_request(void **state)
{
	static const char *const paths[] = { "/nowhere/vmgrant-helper", "/etc/passwd", "/etc", "" };
	struct vmgrant_tap tap;

	(void)state;
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		struct vmgrant_connection *connection = connect_to(paths[i]);

		assert_int_equal(ask(connection, "br0", 1, 0, &tap), VMGRANT_INSTALLATION);
		assert_non_null(strstr(vmgrant_error(connection), "cannot be started"));
		vmgrant_close(connection);
	}
}

static void a_process_without_room_for_files_is_told_by_errno(void **state)
{
	struct rlimit old, none;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = (struct rlimit){ 3, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_null(vmgrant_connect(STAND_IN));
	assert_int_equal(errno, EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
}

/* valgrind keeps limits to itself, so that received files are not bound by them. */
static int limits_are_real(void)
{
	const char *preloaded = getenv("LD_PRELOAD");

	return preloaded == NULL || strstr(preloaded, "vgpreload") == NULL;
}

static void files_that_do_not_all_arrive_are_all_closed(void **state)
{
	struct vmgrant_connection *connection;
	struct rlimit old, few;
	struct vmgrant_tap tap;
	int next;

	(void)state;
	if (!limits_are_real())
		skip();
	connection = connect_to(STAND_IN);
	next = dup(0);
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = (struct rlimit){ (rlim_t)next + 3, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(ask(connection, "br0", 8, 0, &tap), VMGRANT_INTERNAL);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	assert_non_null(strstr(vmgrant_error(connection), "did not arrive"));
	assert_int_equal(ask(connection, "br0", 8, 0, &tap), VMGRANT_GRANTED);
	vmgrant_tap_close(&tap);
	vmgrant_close(connection);
}

/* ---- what the caller gets wrong ---- */

static void a_request_that_cannot_be_sent_is_not_sent(void **state)
{
	static const char *const bridges[] = { NULL, "", "a-name-of-16-by.",
					       "far-longer-than-that" };
	struct vmgrant_connection *connection = connect_to(STAND_IN);
	struct vmgrant_tap tap;

	(void)state;
	for (size_t i = 0; i < sizeof bridges / sizeof bridges[0]; i++)
		assert_int_equal(ask(connection, bridges[i], 1, 0, &tap), VMGRANT_USAGE);
	assert_int_equal(ask(connection, "br0", 17, 0, &tap), VMGRANT_USAGE);
	assert_int_equal(ask(connection, "br0", 1u << 16 | 1, 0, &tap), VMGRANT_USAGE);
	assert_int_equal(ask(connection, "br0", 1, 1u << 4, &tap), VMGRANT_USAGE);
	assert_int_equal(ask(connection, "a-name-of-15-by", 1, 0, &tap), VMGRANT_GRANTED);
	vmgrant_tap_close(&tap);
	vmgrant_close(connection);
}

static void structs_may_grow_and_never_shrink(void **state)
{
	struct {
		struct vmgrant_tap_request known;
		uint64_t newer;
	} request = { .known = { .size = sizeof request, .bridge = "br0" } };
	struct {
		struct vmgrant_tap known;
		uint64_t newer;
	} tap = { .known = { .size = sizeof tap }, .newer = 7 };
	struct vmgrant_offer offer = { .size = sizeof offer - 1 };
	struct vmgrant_connection *connection = connect_to(STAND_IN);

	(void)state;
	assert_int_equal(vmgrant_tap(connection, &request.known, &tap.known), VMGRANT_GRANTED);
	assert_int_equal(tap.known.size, sizeof tap);
	assert_int_equal(tap.newer, 0);
	vmgrant_tap_close(&tap.known);
	request.newer = 1;
	assert_int_equal(vmgrant_tap(connection, &request.known, &tap.known), VMGRANT_USAGE);
	request.newer = 0;
	request.known.size = sizeof request.known - 1;
	assert_int_equal(vmgrant_tap(connection, &request.known, &tap.known), VMGRANT_USAGE);
	tap.known.size = 0;
	assert_int_equal(vmgrant_tap(connection, &request.known, &tap.known), VMGRANT_USAGE);
	assert_int_equal(vmgrant_offer(connection, "br0", &offer), VMGRANT_USAGE);
	vmgrant_close(connection);
}

static void the_version_is_that_of_the_package(void **state)
{
	(void)state;
	assert_string_equal(vmgrant_version(), PACKAGE_VERSION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_grant_has_the_promised_files),
		TEST(sixteen_queues_with_vhost_fit_in_one_message),
		TEST(files_outlive_the_connection),
		TEST(vhost_may_be_left_out_of_a_grant),
		TEST(an_offer_says_what_would_be_given),
		TEST(a_refusal_has_its_code_and_its_sentence),
		TEST(what_the_helper_says_at_its_end_reaches_the_caller),
		TEST(attack_49_a_wrong_reply_is_refused_with_all_its_files),
		TEST(vhost_files_that_nobody_asked_for_are_refused),
		TEST(a_connection_survives_every_refusal),
		TEST(a_helper_that_went_to_rest_is_replaced_silently),
		TEST(a_helper_that_is_missing_shows_with_the_first_request),
		TEST(a_process_without_room_for_files_is_told_by_errno),
		TEST(files_that_do_not_all_arrive_are_all_closed),
		TEST(a_request_that_cannot_be_sent_is_not_sent),
		TEST(structs_may_grow_and_never_shrink),
		TEST(the_version_is_that_of_the_package),
	};

	keep_inherited_fds_from_helpers();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
