/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Nothing that is swapped on the way to a trusted file is trusted, and a change is noticed. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "judge/policy/sources.h"
#include "tests/unit/trusted-place.h"

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
	{ "mkdir etc/his; echo evil >etc/his/acl.conf; foreign etc/his", "/etc/his/acl.conf",
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

			assert_int_equal(place_set_up(&fresh), 0);
			place = fresh;
			place_run(place, swaps[i].script);
			place->attack = swaps[i].reason;
			place->attack_step = step;
			assert_string_equal(place_content(place, swaps[i].path), "");
			assert_int_equal(place->problem.kind, TRUSTED_NOT_TRUSTED);
			/* Tried up to the step at which it was refused. */
			steps = place->step > steps ? place->step : steps;
			assert_int_equal(place_tear_down(&fresh), 0);
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

		assert_int_equal(place_set_up(&fresh), 0);
		place = fresh;
		place_run(place, "ln -sf /gnu/store/b-acl.conf etc/vmgrant/acl.conf");
		assert_string_equal(place_content(place, "/etc/vmgrant/acl.conf"), "single");
		place->attack_step = place->step;
		place->attack = last_moments[i];
		assert_string_equal(place_content(place, "/etc/vmgrant/acl.conf"), "");
		assert_int_equal(place_tear_down(&fresh), 0);
	}
}

/* A link that is judged leads where it led when it was judged. */
static void attack_70_a_link_is_read_from_what_was_judged(void **state)
{
	struct place *place = *state;
	unsigned steps;

	place_run(place, "ln -sf /gnu/store/b-acl.conf etc/vmgrant/acl.conf");
	assert_string_equal(place_content(place, "/etc/vmgrant/acl.conf"), "single");
	steps = place->step;
	/* Step 5 begins anew at the root, when the link has been opened. */
	place->attack = "ln -sf /etc/plain.conf etc/vmgrant/acl.conf; foreign etc/vmgrant/acl.conf";
	place->attack_step = 5;
	assert_true(steps > 5);
	assert_string_equal(place_content(place, "/etc/vmgrant/acl.conf"), "single");
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

		assert_int_equal(place_set_up(&fresh), 0);
		place_run(fresh, "ln -sfn ../gnu/store/a-etc etc/static;"
				 "ln -sf ../static/acl.conf etc/vmgrant/acl.conf;"
				 "cp -r gnu/store/a-etc gnu/store/c-etc;"
				 "cp gnu/store/a-etc/acl.conf gnu/store/a-etc/other.conf");
		snprintf(path, sizeof path, "%s/etc/vmgrant/acl.conf",
			 ((struct place *)fresh)->root);
		assert_int_equal(policy_sources_add(&sources, path), 0);
		assert_int_equal(policy_sources_unchanged(&sources), 1);
		place_run(fresh, changes[i].script);
		if (policy_sources_unchanged(&sources) != !changes[i].is_one)
			fail_msg("wrong about: %s", changes[i].script);
		free(sources.items);
		assert_int_equal(place_tear_down(&fresh), 0);
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
	place_run(place, "ln -s missing missing");
	free(sources.items);
	sources = (struct policy_sources){ 0 };
	assert_int_equal(policy_sources_add(&sources, path), 0);
	assert_int_equal(sources.items[0].look.error, ELOOP);
	assert_int_equal(policy_sources_unchanged(&sources), 0);
	free(sources.items);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, place_set_up, place_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(attack_70_what_another_swaps_during_the_walk_is_refused),
		TEST(attack_70_what_was_opened_is_judged_once_more),
		TEST(attack_70_a_link_is_read_from_what_was_judged),
		TEST(a_change_behind_a_link_is_a_change_of_the_policy),
		TEST(only_an_absence_can_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
