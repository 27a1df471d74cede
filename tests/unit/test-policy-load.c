/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Files that lead to files: includes, folders, imports of qemu's.
 *
 * The files are real ones in a folder of the test's own; who may have written
 * them is decided by the test's openers, so that it runs as anybody.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "judge/policy/load.h"

/* One folder a test, removed with it. */
struct place {
	char folder[64];
	struct policy policy;
	struct acl_error error;
	char passed_over[2048];
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof *place);

	if (place == NULL)
		return -1;
	strcpy(place->folder, "/tmp/vmgrant-unit-XXXXXX");
	*state = place;
	return mkdtemp(place->folder) == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	char command[128];

	policy_release(&place->policy);
	snprintf(command, sizeof command, "rm -rf '%s'", place->folder);
	free(place);
	return system(command) == 0 ? 0 : -1;
}

/* "@/" in a text stands for the test's own folder. */
static void write_file(const struct place *place, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", place->folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	for (; *text != '\0'; text++) {
		if (text[0] == '@' && text[1] == '/')
			fputs(place->folder, file);
		else
			fputc(*text, file);
	}
	assert_int_equal(fclose(file), 0);
}

/*
 * Opens what is there; names with "foreign" count as written by somebody else,
 * and at names with "starved" the process has no descriptor left.
 */
static int open_plain(void *context, const char *path, mode_t kind, struct trusted_problem *problem)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | (kind == S_IFDIR ? O_DIRECTORY : 0));

	(void)context;
	*problem = (struct trusted_problem){ TRUSTED_NOT_OPENED, errno, "cannot be opened" };
	if (strstr(path, "/folder") != NULL)
		*problem = (struct trusted_problem){ TRUSTED_IS_FOLDER, EPERM, "a folder" };
	if (strstr(path, "/flickering") != NULL && fd >= 0) {
		close(fd);
		*problem = (struct trusted_problem){ TRUSTED_NOT_OPENED, ENOENT, "not there" };
		return -1;
	}
	if (strstr(path, "/unreadable") != NULL && fd >= 0) {
		close(fd);
		*problem = (struct trusted_problem){ TRUSTED_SYSTEM, EACCES, "cannot be read" };
		return -1;
	}
	if (strstr(path, "starved") != NULL && fd >= 0) {
		close(fd);
		*problem = (struct trusted_problem){ TRUSTED_NOT_OPENED, EMFILE, "no descriptors" };
		return -1;
	}
	if (fd >= 0 && strstr(path, "foreign") == NULL)
		*problem = (struct trusted_problem){ 0 };
	if (fd < 0 || strstr(path, "foreign") == NULL)
		return fd;
	close(fd);
	*problem = (struct trusted_problem){ TRUSTED_NOT_TRUSTED, EPERM, "is not owned by root" };
	return -1;
}

static int note_plain(void *context, struct policy_sources *sources, const char *path)
{
	(void)context;
	return policy_sources_add(sources, path);
}

/* What was passed over is kept where an error would be. */
static void keep_passed_over(void *context, const struct acl_error *what)
{
	struct place *place = context;
	char text[600];

	acl_error_format(what, text, sizeof text);
	strncat(place->passed_over, strstr(text, place->folder) + strlen(place->folder),
		sizeof place->passed_over - strlen(place->passed_over) - 2);
	strcat(place->passed_over, "\n");
}

static int load(struct place *place)
{
	const struct policy_opener opener = { place, open_plain, open_plain, note_plain,
					      keep_passed_over };
	char path[128];

	snprintf(path, sizeof path, "%s/acl.conf", place->folder);
	return policy_load(&place->policy, path, &opener, &place->error);
}

static void assert_bridges(const struct place *place, const char *expected)
{
	char found[512] = "";

	for (size_t i = 0; i < place->policy.acl.count; i++) {
		const struct acl_rule *rule = &place->policy.acl.rules[i];

		strcat(found, rule->effect == ACL_EFFECT_ALLOW ? "+" : "-");
		strcat(found, rule->bridge != NULL ? rule->bridge : "*");
		strcat(found, " ");
	}
	assert_string_equal(found, expected);
}

static void an_included_file_stands_where_it_is_included(void **state)
{
	struct place *place = *state;

	write_file(place, "acl.conf", "allow bridge a\ninclude @/b.inc\nallow bridge c\n");
	write_file(place, "b.inc", "allow bridge b\n");
	assert_int_equal(load(place), 0);
	assert_bridges(place, "+a +b +c ");
	assert_int_equal(place->policy.file_count, 2);
}

static void a_folder_gives_its_conf_files_sorted(void **state)
{
	struct place *place = *state;
	char path[128];

	snprintf(path, sizeof path, "%s/d", place->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	write_file(place, "acl.conf", "include @/d\n");
	write_file(place, "d/20.conf", "allow bridge twenty\n");
	write_file(place, "d/100.conf", "allow bridge hundred\n");
	write_file(place, "d/10.conf", "allow bridge ten\n");
	write_file(place, "d/.hidden.conf", "broken\n");
	write_file(place, "d/x.conf~", "broken\n");
	write_file(place, "d/README", "broken\n");
	write_file(place, "d/.conf", "broken\n");
	assert_int_equal(load(place), 0);
	assert_bridges(place, "+ten +hundred +twenty ");
}

static void attack_21_a_missing_include_is_an_error(void **state)
{
	struct place *place = *state;

	write_file(place, "acl.conf", "allow bridge a\ninclude @/missing\n");
	assert_int_equal(load(place), -1);
	assert_non_null(strstr(place->error.file, "/missing"));
}

static void attack_21_a_loop_is_an_error(void **state)
{
	struct place *place = *state;

	write_file(place, "acl.conf", "include @/b.inc\n");
	write_file(place, "b.inc", "include @/acl.conf\n");
	assert_int_equal(load(place), -1);
	assert_non_null(strstr(place->error.message, "circle"));
}

static void attack_21_a_loop_in_qemus_syntax_is_an_error(void **state)
{
	struct place *place = *state;

	write_file(place, "acl.conf", "allow bridge a\nimport-qemu @/bridge.conf\n");
	write_file(place, "bridge.conf", "allow b\ninclude @/bridge.conf\n");
	assert_int_equal(load(place), -1);
	assert_non_null(strstr(place->error.message, "circle"));
}

static void an_error_in_an_include_names_the_included_file(void **state)
{
	struct place *place = *state;

	write_file(place, "acl.conf", "include @/b.inc\n");
	write_file(place, "b.inc", "allow bridge b\nallow brigde c\n");
	assert_int_equal(load(place), -1);
	assert_non_null(strstr(place->error.file, "/b.inc"));
	assert_int_equal(place->error.line, 2);
	assert_string_equal(place->error.word, "brigde");
}

static void a_missing_main_file_of_qemus_is_an_error(void **state)
{
	struct place *place = *state;

	write_file(place, "acl.conf", "allow bridge a\nimport-qemu @/missing\n");
	assert_int_equal(load(place), -1);
}

static void a_malformed_main_file_of_qemus_is_an_error(void **state)
{
	struct place *place = *state;

	write_file(place, "acl.conf", "import-qemu @/bridge.conf\n");
	write_file(place, "bridge.conf", "allow a\npermit b\n");
	assert_int_equal(load(place), -1);
	assert_int_equal(place->error.line, 2);
}

static void errors_in_qemus_includes_keep_the_rules_before_them(void **state)
{
	struct place *place = *state;

	write_file(place, "acl.conf", "import-qemu @/bridge.conf\n");
	write_file(place, "bridge.conf", "allow a\ninclude @/missing\ninclude @/bad\nallow z\n");
	write_file(place, "bad", "deny b\npermit c\nallow d\n");
	assert_int_equal(load(place), 0);
	assert_bridges(place, "+a -b +z ");
	assert_string_equal(place->passed_over,
			    "/missing: passed over: cannot be opened\n"
			    "/bad: line 2, column 1: permit: passed over, and what follows it in "
			    "this file: unknown command; expected allow, deny or include\n");
}

static void what_qemu_does_not_open_as_a_file_is_passed_over(void **state)
{
	struct place *place = *state;

	write_file(place, "acl.conf", "import-qemu @/bridge.conf\n");
	write_file(place, "bridge.conf", "allow a\ninclude relative\ninclude @/folder\nallow z\n");
	assert_int_equal(load(place), 0);
	assert_bridges(place, "+a +z ");
	assert_non_null(strstr(place->passed_over, "relative: passed over: the path is not absolute"));
	assert_non_null(strstr(place->passed_over, "/folder: passed over"));
}

/* It was seen when it was noted: that it is not there a moment later is a failure. */
static void what_was_there_a_moment_ago_is_not_missing(void **state)
{
	struct place *place = *state;

	write_file(place, "acl.conf", "allow bridge a\nimport-qemu @/bridge.conf\n");
	write_file(place, "bridge.conf", "include @/flickering\n");
	write_file(place, "flickering", "deny a\n");
	assert_int_equal(load(place), -1);
}

/* Only the opening may fail: of what is there, a deny must not be lost. */
static void a_failure_behind_the_opening_is_not_passed_over(void **state)
{
	struct place *place = *state;

	write_file(place, "acl.conf", "allow bridge a\nimport-qemu @/bridge.conf\n");
	write_file(place, "bridge.conf", "include @/unreadable\n");
	write_file(place, "unreadable", "deny a\n");
	assert_int_equal(load(place), -1);
}

static void attack_22_an_untrusted_include_of_qemus_is_an_error(void **state)
{
	struct place *place = *state;

	write_file(place, "acl.conf", "import-qemu @/bridge.conf\n");
	write_file(place, "bridge.conf", "allow a\ninclude @/outer\nallow z\n");
	write_file(place, "outer", "include @/foreign\n");
	write_file(place, "foreign", "allow b\n");
	assert_int_equal(load(place), -1);
	assert_non_null(strstr(place->error.file, "/foreign"));
}

static void attack_20_too_many_files_are_an_error(void **state)
{
	struct place *place = *state;
	char text[64 * 300] = "";

	for (int i = 0; i < 300; i++)
		strcat(text, "include @/b.inc\n");
	write_file(place, "b.inc", "include @/c.inc\ninclude @/c.inc\ninclude @/c.inc\n");
	write_file(place, "c.inc", "");
	write_file(place, "acl.conf", text);
	assert_int_equal(load(place), -1);
	assert_non_null(strstr(place->error.message, "too many files"));
}

static void attack_8_want_of_descriptors_hides_no_deny(void **state)
{
	struct place *place = *state;

	write_file(place, "acl.conf", "import-qemu @/bridge.conf\n");
	write_file(place, "bridge.conf", "allow a\ninclude @/starved\n");
	write_file(place, "starved", "deny a\n");
	assert_int_equal(load(place), -1);
}

static void an_empty_policy_is_one(void **state)
{
	struct place *place = *state;

	write_file(place, "acl.conf", "");
	assert_int_equal(load(place), 0);
	assert_bridges(place, "");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_included_file_stands_where_it_is_included),
		TEST(a_folder_gives_its_conf_files_sorted),
		TEST(attack_21_a_missing_include_is_an_error),
		TEST(attack_21_a_loop_is_an_error),
		TEST(attack_21_a_loop_in_qemus_syntax_is_an_error),
		TEST(an_error_in_an_include_names_the_included_file),
		TEST(a_missing_main_file_of_qemus_is_an_error),
		TEST(a_malformed_main_file_of_qemus_is_an_error),
		TEST(errors_in_qemus_includes_keep_the_rules_before_them),
		TEST(what_qemu_does_not_open_as_a_file_is_passed_over),
		TEST(what_was_there_a_moment_ago_is_not_missing),
		TEST(a_failure_behind_the_opening_is_not_passed_over),
		TEST(attack_22_an_untrusted_include_of_qemus_is_an_error),
		TEST(attack_20_too_many_files_are_an_error),
		TEST(attack_8_want_of_descriptors_hides_no_deny),
		TEST(an_empty_policy_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
