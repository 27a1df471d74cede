/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Which paths are trusted. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/trusted-place.h"

/* ---- what is accepted ---- */

static void a_plain_path_leads_to_its_file(void **state)
{
	assert_string_equal(place_content(*state, "/etc/plain.conf"), "plain");
	assert_string_equal(place_content(*state, "//etc//plain.conf"), "plain");
}

static void a_link_of_roots_into_a_store_is_followed(void **state)
{
	struct place *place = *state;

	assert_string_equal(place_content(place, "/etc/vmgrant/acl.conf"), "stored");
	place_run(place, "ln -sf /gnu/store/b-acl.conf etc/vmgrant/acl.conf");
	assert_string_equal(place_content(place, "/etc/vmgrant/acl.conf"), "single");
}

static void relative_links_are_followed(void **state)
{
	struct place *place = *state;

	place_run(place,
		  "ln -sf ../../gnu/store/../store/./b-acl.conf etc/vmgrant/acl.conf;"
		  "ln -s plain.conf etc/beside; ln -s vmgrant/../static/../b-acl.conf etc/up");
	assert_string_equal(place_content(place, "/etc/vmgrant/acl.conf"), "single");
	assert_string_equal(place_content(place, "/etc/beside"), "plain");
	/* As the kernel does: the folder above is that of where the link has led. */
	assert_string_equal(place_content(place, "/etc/up"), "single");
	place_run(place, "ln -sf ../../../../../../etc/plain.conf etc/vmgrant/acl.conf");
	assert_string_equal(place_content(place, "/etc/vmgrant/acl.conf"), "plain");
}

static void a_linked_folder_can_be_included(void **state)
{
	struct place *place = *state;
	int fd = place_walk(place, "/etc/static", S_IFDIR);

	assert_true(fd >= 0);
	assert_int_equal(faccessat(fd, "acl.conf", R_OK, 0), 0);
	close(fd);
	place_run(place, "ln -s static/. etc/dot");
	fd = place_walk(place, "/etc/dot", S_IFDIR);
	assert_true(fd >= 0);
	close(fd);
}

static void forty_links_are_followed_and_no_more(void **state)
{
	struct place *place = *state;

	place_run(place, "cd etc; ln -s plain.conf 1; i=1; while test $i -lt 41; do "
			 "ln -s $i $((i+1)); i=$((i+1)); done; ln -s loop loop");
	assert_string_equal(place_content(place, "/etc/40"), "plain");
	place_assert_refused(place, "/etc/41", "too many symbolic links");
	place_assert_refused(place, "/etc/loop", "too many symbolic links");
}

/* ---- what is refused ---- */

static const struct wrong wrongs[] = {
	{ "foreign etc/plain.conf", "/etc/plain.conf", "is not owned by root" },
	{ "chmod 664 etc/plain.conf", "/etc/plain.conf", "is writable" },
	{ "chmod 646 etc/plain.conf", "/etc/plain.conf", "is writable" },
	{ "chmod 1646 etc/plain.conf", "/etc/plain.conf", "is writable" },
	{ "foreign etc", "/etc/plain.conf", "/etc: is not owned by root" },
	{ "chmod 775 etc", "/etc/plain.conf", "/etc: is writable" },
	/* A sticky folder is good for where a link leads, not for the path itself. */
	{ "chmod 1777 etc", "/etc/plain.conf", "/etc: is writable" },
	{ "true", "/gnu/store/b-acl.conf", "/gnu/store: is writable" },
	{ "chmod 775 gnu/store", "/etc/vmgrant/acl.conf", "/gnu/store: is writable" },
	{ "foreign gnu/store", "/etc/vmgrant/acl.conf", "/gnu/store: is not owned by root" },
	{ "chmod 777 gnu", "/etc/vmgrant/acl.conf", "/gnu: is writable" },
	{ "foreign etc/vmgrant/acl.conf", "/etc/vmgrant/acl.conf", "is not owned by root" },
	{ "foreign etc/static", "/etc/vmgrant/acl.conf", "/etc/static: is not owned by root" },
	{ "foreign gnu/store/a-etc", "/etc/vmgrant/acl.conf", "/gnu/store/a-etc: is not owned" },
	{ "chmod 757 gnu/store/a-etc", "/etc/vmgrant/acl.conf", "/gnu/store/a-etc: is writable" },
	{ "foreign gnu/store/a-etc/acl.conf", "/etc/vmgrant/acl.conf", "acl.conf: is not owned" },
	{ "chmod 666 gnu/store/a-etc/acl.conf", "/etc/vmgrant/acl.conf", "acl.conf: is writable" },
	/* Anyone can make a link to what he does not own, where he may add to a folder. */
	{ "chmod 1777 gnu/store; ln gnu/store/b-acl.conf gnu/store/c; ln -s /gnu/store/c etc/c",
	  "/etc/c", "/gnu/store/c: has a second name" },
	{ "chmod 1777 gnu/store; ln -s /etc/plain.conf gnu/store/l; ln gnu/store/l gnu/store/m;"
	  "ln -s /gnu/store/m etc/m", "/etc/m", "/gnu/store/m: has a second name" },
	{ "mkfifo etc/fifo", "/etc/fifo", "is not a regular file" },
	{ "mkfifo gnu/store/f; ln -s /gnu/store/f etc/f", "/etc/f", "is not a regular file" },
	{ "true", "/etc/plain.conf/more", "is not a folder" },
	{ "ln -s plain.conf/more etc/more", "/etc/more", "is not a folder" },
	{ "true", "etc/plain.conf", "plain absolute path" },
	{ "true", "/etc/vmgrant/../plain.conf", "plain absolute path" },
	{ "true", "/etc/vmgrant/..", "plain absolute path" },
	{ "true", "/", "plain absolute path" },
	{ "true", "", "plain absolute path" },
};

static void attack_22_and_70_what_another_could_have_written_is_refused(void **state)
{
	struct place *place = *state;
	void *fresh = NULL;

	(void)place;
	for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
		assert_int_equal(place_set_up(&fresh), 0);
		place_run(fresh, wrongs[i].script);
		place_assert_refused(fresh, wrongs[i].path, wrongs[i].reason);
		assert_int_equal(place_tear_down(&fresh), 0);
	}
}

static void attack_70_nobody_may_add_to_a_folder_that_is_included(void **state)
{
	struct place *place = *state;

	place_run(place, "ln -s /gnu/store etc/acl.d");
	assert_int_equal(place_walk(place, "/etc/acl.d", S_IFDIR), -1);
	assert_int_equal(place->problem.kind, TRUSTED_NOT_TRUSTED);
	assert_non_null(strstr(place->problem.reason, "/gnu/store: is writable"));
}

static void a_folder_of_roots_is_told_from_one_that_others_could_write(void **state)
{
	struct place *place = *state;

	assert_int_equal(place_walk(place, "/etc/static", S_IFREG), -1);
	assert_int_equal(place->problem.kind, TRUSTED_IS_FOLDER);
	place_run(place, "chmod 777 gnu/store/a-etc");
	assert_int_equal(place_walk(place, "/etc/static", S_IFREG), -1);
	assert_int_equal(place->problem.kind, TRUSTED_NOT_TRUSTED);
}

static void a_missing_target_is_one_that_was_not_opened(void **state)
{
	struct place *place = *state;

	place_run(place, "rm gnu/store/a-etc/acl.conf");
	assert_string_equal(place_content(place, "/etc/vmgrant/acl.conf"), "");
	assert_int_equal(place->problem.kind, TRUSTED_NOT_OPENED);
	assert_int_equal(place->problem.error, ENOENT);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, place_set_up, place_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_plain_path_leads_to_its_file),
		TEST(a_link_of_roots_into_a_store_is_followed),
		TEST(relative_links_are_followed),
		TEST(a_linked_folder_can_be_included),
		TEST(forty_links_are_followed_and_no_more),
		TEST(attack_22_and_70_what_another_could_have_written_is_refused),
		TEST(attack_70_nobody_may_add_to_a_folder_that_is_included),
		TEST(a_folder_of_roots_is_told_from_one_that_others_could_write),
		TEST(a_missing_target_is_one_that_was_not_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
