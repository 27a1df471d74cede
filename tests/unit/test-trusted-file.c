/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Which paths are trusted, and that nothing which is swapped on the way is.
 *
 * The walk's own steps begin at a folder of the test's, and fstat() is the test's
 * (the linker puts it in): what was made here is root's, but what has FOREIGN_TIME as
 * its time is somebody else's. So the test runs as anybody.
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
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "judge/policy/sources.h"
#include "judge/policy/trusted-file.h"

#define FOREIGN_TIME 77

int __real_fstat(int fd, struct stat *status);
int __wrap_fstat(int fd, struct stat *status);

int __wrap_fstat(int fd, struct stat *status)
{
	int result = __real_fstat(fd, status);

	status->st_uid = status->st_mtim.tv_sec == FOREIGN_TIME ? 1000 : 0;
	return result;
}

/* One test: its root folder, and what is done to it at a certain step of the walk. */
struct place {
	char root[64];
	struct trusted_problem problem;
	dev_t folder_device; /* the folder that start() or enter() returned last */
	ino_t folder_inode;
	unsigned step, attack_step; /* 0: no attack */
	const char *attack;         /* shell words, run in the root folder */
};

static void run(const struct place *place, const char *script)
{
	char command[2048];

	snprintf(command, sizeof command,
		 "set -e; cd '%s'; umask 022; foreign() { touch -h -d @%d \"$@\"; }; %s",
		 place->root, FOREIGN_TIME, script);
	assert_int_equal(system(command), 0);
}

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof *place);

	if (place == NULL)
		return -1;
	strcpy(place->root, "/tmp/vmgrant-unit-XXXXXX");
	*state = place;
	if (mkdtemp(place->root) == NULL)
		return -1;
	/* A store as NixOS has it, and a policy that lies in it. */
	run(place, "mkdir -p etc/vmgrant gnu/store/a-etc;"
		   "echo plain >etc/plain.conf; echo stored >gnu/store/a-etc/acl.conf;"
		   "echo single >gnu/store/b-acl.conf; chmod 1775 gnu/store;"
		   "ln -s /gnu/store/a-etc etc/static;"
		   "ln -s /etc/static/acl.conf etc/vmgrant/acl.conf");
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	char command[128];

	snprintf(command, sizeof command, "rm -rf '%s'", place->root);
	free(place);
	return system(command) == 0 ? 0 : -1;
}

/* ---- the steps, with an attacker between them ---- */

static void before_step(struct place *place)
{
	if (++place->step == place->attack_step)
		run(place, place->attack);
}

static int remember_folder(struct place *place, int fd)
{
	struct stat status;

	if (fd >= 0 && __real_fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
		place->folder_device = status.st_dev;
		place->folder_inode = status.st_ino;
	}
	return fd;
}

/* What a process that takes the steps for another relies on. */
static void assert_contract(const struct place *place, int folder, const char *name)
{
	struct stat status;

	assert_int_equal(__real_fstat(folder, &status), 0);
	assert_true(status.st_dev == place->folder_device &&
		    status.st_ino == place->folder_inode);
	assert_true(strlen(name) >= 1 && strlen(name) <= 255);
	assert_null(strchr(name, '/'));
	assert_string_not_equal(name, "..");
}

static int start(void *context)
{
	struct place *place = context;

	before_step(place);
	return remember_folder(place, open(place->root, O_PATH | O_DIRECTORY | O_CLOEXEC));
}

static int enter(void *context, int folder, const char *name)
{
	struct place *place = context;

	before_step(place);
	assert_contract(place, folder, name);
	assert_string_not_equal(name, ".");
	return remember_folder(place, trusted_walk_own.enter(NULL, folder, name));
}

static int open_last(void *context, int folder, const char *name, mode_t kind)
{
	struct place *place = context;

	before_step(place);
	assert_contract(place, folder, name);
	assert_int_equal(strcmp(name, ".") == 0, kind == S_IFDIR);
	return trusted_walk_own.open(NULL, folder, name, kind);
}

static int walk(struct place *place, const char *path, mode_t kind)
{
	const struct trusted_walk steps = { place, start, enter, open_last };

	place->step = 0;
	place->problem = (struct trusted_problem){ 0 };
	return trusted_walk_open(&steps, path, kind, &place->problem);
}

/* Returns what the path holds, without its newline, or "" if it was refused. */
static const char *content(struct place *place, const char *path)
{
	static char text[64];
	struct trusted_problem problem;
	char *read;
	size_t length;
	int fd = walk(place, path, S_IFREG);

	if (fd < 0)
		return "";
	assert_int_equal(trusted_file_read(fd, &read, &length, &problem), 0);
	close(fd);
	snprintf(text, sizeof text, "%.*s", (int)strcspn(read, "\n"), read);
	free(read);
	return text;
}

static void assert_refused(struct place *place, const char *path, const char *reason)
{
	if (content(place, path)[0] != '\0')
		fail_msg("%s was accepted, but %s", path, reason);
	if (strstr(place->problem.reason, reason) == NULL)
		fail_msg("expected '%s', told: %s", reason, place->problem.reason);
	assert_int_equal(place->problem.kind, TRUSTED_NOT_TRUSTED);
}

/* ---- what is accepted ---- */

static void a_plain_path_leads_to_its_file(void **state)
{
	assert_string_equal(content(*state, "/etc/plain.conf"), "plain");
	assert_string_equal(content(*state, "//etc//plain.conf"), "plain");
}

static void a_link_of_roots_into_a_store_is_followed(void **state)
{
	struct place *place = *state;

	assert_string_equal(content(place, "/etc/vmgrant/acl.conf"), "stored");
	run(place, "ln -sf /gnu/store/b-acl.conf etc/vmgrant/acl.conf");
	assert_string_equal(content(place, "/etc/vmgrant/acl.conf"), "single");
}

static void relative_links_are_followed(void **state)
{
	struct place *place = *state;

	run(place, "ln -sf ../../gnu/store/../store/./b-acl.conf etc/vmgrant/acl.conf;"
		   "ln -s plain.conf etc/beside; ln -s vmgrant/../static/../b-acl.conf etc/up");
	assert_string_equal(content(place, "/etc/vmgrant/acl.conf"), "single");
	assert_string_equal(content(place, "/etc/beside"), "plain");
	/* As the kernel does: the folder above is that of where the link has led. */
	assert_string_equal(content(place, "/etc/up"), "single");
	run(place, "ln -sf ../../../../../../etc/plain.conf etc/vmgrant/acl.conf");
	assert_string_equal(content(place, "/etc/vmgrant/acl.conf"), "plain");
}

static void a_linked_folder_can_be_included(void **state)
{
	struct place *place = *state;
	int fd = walk(place, "/etc/static", S_IFDIR);

	assert_true(fd >= 0);
	assert_int_equal(faccessat(fd, "acl.conf", R_OK, 0), 0);
	close(fd);
	run(place, "ln -s static/. etc/dot");
	fd = walk(place, "/etc/dot", S_IFDIR);
	assert_true(fd >= 0);
	close(fd);
}

static void forty_links_are_followed_and_no_more(void **state)
{
	struct place *place = *state;

	run(place, "cd etc; ln -s plain.conf 1; i=1; while test $i -lt 41; do "
		   "ln -s $i $((i+1)); i=$((i+1)); done; ln -s loop loop");
	assert_string_equal(content(place, "/etc/40"), "plain");
	assert_refused(place, "/etc/41", "too many symbolic links");
	assert_refused(place, "/etc/loop", "too many symbolic links");
}

/* ---- what is refused ---- */

struct wrong {
	const char *script, *path, *reason;
};

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
		assert_int_equal(set_up(&fresh), 0);
		run(fresh, wrongs[i].script);
		assert_refused(fresh, wrongs[i].path, wrongs[i].reason);
		assert_int_equal(tear_down(&fresh), 0);
	}
}

static void attack_70_nobody_may_add_to_a_folder_that_is_included(void **state)
{
	struct place *place = *state;

	run(place, "ln -s /gnu/store etc/acl.d");
	assert_int_equal(walk(place, "/etc/acl.d", S_IFDIR), -1);
	assert_int_equal(place->problem.kind, TRUSTED_NOT_TRUSTED);
	assert_non_null(strstr(place->problem.reason, "/gnu/store: is writable"));
}

static void a_folder_of_roots_is_told_from_one_that_others_could_write(void **state)
{
	struct place *place = *state;

	assert_int_equal(walk(place, "/etc/static", S_IFREG), -1);
	assert_int_equal(place->problem.kind, TRUSTED_IS_FOLDER);
	run(place, "chmod 777 gnu/store/a-etc");
	assert_int_equal(walk(place, "/etc/static", S_IFREG), -1);
	assert_int_equal(place->problem.kind, TRUSTED_NOT_TRUSTED);
}

static void a_missing_target_is_one_that_was_not_opened(void **state)
{
	struct place *place = *state;

	run(place, "rm gnu/store/a-etc/acl.conf");
	assert_string_equal(content(place, "/etc/vmgrant/acl.conf"), "");
	assert_int_equal(place->problem.kind, TRUSTED_NOT_OPENED);
	assert_int_equal(place->problem.error, ENOENT);
}

/* ---- what is swapped during the walk ---- */

/*
 * Each attack is what somebody else could do who may add to the store or owns the
 * thing that is replaced; it is tried before every step of the walk.
 */
static const struct wrong swaps[] = {
	/* His own link in the store, set to another place at every moment. */
	{ "ln -s /etc/plain.conf gnu/store/his; foreign gnu/store/his;"
	  "ln -sf /gnu/store/his etc/vmgrant/acl.conf",
	  "/etc/vmgrant/acl.conf",
	  "ln -sfn /gnu/store/b-acl.conf gnu/store/his; foreign gnu/store/his" },
	/* His own folder in the store becomes a link to one of root's. */
	{ "mkdir gnu/store/his; echo evil >gnu/store/his/acl.conf; foreign gnu/store/his;"
	  "ln -sf /gnu/store/his/acl.conf etc/vmgrant/acl.conf",
	  "/etc/vmgrant/acl.conf",
	  "rm -rf gnu/store/his; ln -s a-etc gnu/store/his; foreign gnu/store/his" },
	/* His own file becomes a link to root's, by rename. */
	{ "echo evil >gnu/store/his; foreign gnu/store/his;"
	  "ln -sf /gnu/store/his etc/vmgrant/acl.conf",
	  "/etc/vmgrant/acl.conf",
	  "ln -s b-acl.conf gnu/new; foreign gnu/new; mv -T gnu/new gnu/store/his" },
	/* A folder of his on the plain way. */
	{ "mkdir etc/his; echo evil >etc/his/acl.conf; foreign etc/his",
	  "/etc/his/acl.conf",
	  "mv etc/his etc/old; ln -s vmgrant etc/his; foreign etc/his" },
};

static void attack_70_what_another_swaps_during_the_walk_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof swaps / sizeof *swaps; i++) {
		unsigned steps = 0;

		for (unsigned step = 0; step <= steps; step++) {
			void *fresh = NULL;
			struct place *place;

			assert_int_equal(set_up(&fresh), 0);
			place = fresh;
			run(place, swaps[i].script);
			place->attack = swaps[i].reason;
			place->attack_step = step;
			assert_string_equal(content(place, swaps[i].path), "");
			assert_int_equal(place->problem.kind, TRUSTED_NOT_TRUSTED);
			/* Tried up to the step at which it was refused. */
			steps = place->step > steps ? place->step : steps;
			assert_int_equal(tear_down(&fresh), 0);
		}
		assert_true(steps >= 3);
	}
}

/* The last moment: between the look at the file and the opening of it. */
static const char *const last_moments[] = {
	"rm gnu/store/b-acl.conf; ln -s /etc/plain.conf gnu/store/b-acl.conf",
	"rm gnu/store/b-acl.conf; echo evil >gnu/store/b-acl.conf; foreign gnu/store/b-acl.conf",
	"rm gnu/store/b-acl.conf; echo evil >gnu/store/b-acl.conf; chmod 666 gnu/store/b-acl.conf",
	"rm gnu/store/b-acl.conf; mkfifo gnu/store/b-acl.conf",
	"rm gnu/store/b-acl.conf; mkdir gnu/store/b-acl.conf",
	"rm gnu/store/b-acl.conf",
};

static void attack_70_what_was_opened_is_judged_once_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof last_moments / sizeof *last_moments; i++) {
		void *fresh = NULL;
		struct place *place;

		assert_int_equal(set_up(&fresh), 0);
		place = fresh;
		run(place, "ln -sf /gnu/store/b-acl.conf etc/vmgrant/acl.conf");
		assert_string_equal(content(place, "/etc/vmgrant/acl.conf"), "single");
		place->attack_step = place->step;
		place->attack = last_moments[i];
		assert_string_equal(content(place, "/etc/vmgrant/acl.conf"), "");
		assert_int_equal(tear_down(&fresh), 0);
	}
}

/* A link that is judged leads where it led when it was judged. */
static void attack_70_a_link_is_read_from_what_was_judged(void **state)
{
	struct place *place = *state;
	unsigned steps;

	run(place, "ln -sf /gnu/store/b-acl.conf etc/vmgrant/acl.conf");
	assert_string_equal(content(place, "/etc/vmgrant/acl.conf"), "single");
	steps = place->step;
	/* Step 5 begins anew at the root, when the link has been opened. */
	place->attack = "ln -sf /etc/plain.conf etc/vmgrant/acl.conf; foreign etc/vmgrant/acl.conf";
	place->attack_step = 5;
	assert_true(steps > 5);
	assert_string_equal(content(place, "/etc/vmgrant/acl.conf"), "single");
}

/* ---- what changes is noticed ---- */

struct change {
	const char *script;
	int is_one;
};

static const struct change changes[] = {
	{ "true", 0 },
	{ "touch unrelated", 0 },
	{ "echo more >>gnu/store/a-etc/acl.conf", 1 },
	{ "chmod 600 gnu/store/a-etc/acl.conf", 1 },
	{ "rm gnu/store/a-etc/acl.conf", 1 },
	{ "ln -sfn ../gnu/store/c-etc etc/static", 1 },
	{ "ln -sfn ../static/other.conf etc/vmgrant/acl.conf", 1 },
	{ "mv etc/vmgrant etc/gone", 1 },
};

static void a_change_behind_a_link_is_a_change_of_the_policy(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		struct policy_sources sources = { 0 };
		void *fresh = NULL;
		char path[128];

		assert_int_equal(set_up(&fresh), 0);
		run(fresh, "ln -sfn ../gnu/store/a-etc etc/static;"
			   "ln -sf ../static/acl.conf etc/vmgrant/acl.conf;"
			   "cp -r gnu/store/a-etc gnu/store/c-etc;"
			   "cp gnu/store/a-etc/acl.conf gnu/store/a-etc/other.conf");
		snprintf(path, sizeof path, "%s/etc/vmgrant/acl.conf", ((struct place *)fresh)->root);
		assert_int_equal(policy_sources_add(&sources, path), 0);
		assert_int_equal(policy_sources_unchanged(&sources), 1);
		run(fresh, changes[i].script);
		if (policy_sources_unchanged(&sources) != !changes[i].is_one)
			fail_msg("wrong about: %s", changes[i].script);
		free(sources.items);
		assert_int_equal(tear_down(&fresh), 0);
	}
}

static void only_an_absence_can_last(void **state)
{
	struct place *place = *state;
	struct policy_sources sources = { 0 };
	char path[128];

	snprintf(path, sizeof path, "%s/missing", place->root);
	assert_int_equal(policy_sources_add(&sources, path), 0);
	assert_int_equal(policy_sources_unchanged(&sources), 1);
	/* The same failure twice says nothing about the file. */
	run(place, "ln -s missing missing");
	free(sources.items);
	sources = (struct policy_sources){ 0 };
	assert_int_equal(policy_sources_add(&sources, path), 0);
	assert_int_equal(sources.items[0].look.error, ELOOP);
	assert_int_equal(policy_sources_unchanged(&sources), 0);
	free(sources.items);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

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
		TEST(attack_70_what_another_swaps_during_the_walk_is_refused),
		TEST(attack_70_what_was_opened_is_judged_once_more),
		TEST(attack_70_a_link_is_read_from_what_was_judged),
		TEST(a_change_behind_a_link_is_a_change_of_the_policy),
		TEST(only_an_absence_can_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
