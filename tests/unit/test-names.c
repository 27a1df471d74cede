/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What the lists of users and groups say, and that a deny is never lost by one of
 * their failures.
 *
 * The four functions of libc are the test's (the linker puts them in): each counts its
 * calls and can, from one of them on, hide its entries, as libc does when one of
 * several services fails and the last one knows nothing, or fail by itself.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "judge/names.h"

enum mishap { NOTHING, HIDES, FAILS, WANTS_ROOM };

/* The machine of all tests; reset by set_up(). */
static struct {
	unsigned calls;
	unsigned first, last; /* calls, from 1, that the mishap happens to; 0: none */
	enum mishap mishap;
	size_t room;
} machine;

static const struct {
	const char *name;
	uint32_t id;
} users[] = { { "alice", 1000 }, { "bob", 1001 }, { "erin@lab", 3000 } },
  groups[] = { { "alice", 1000 }, { "students", 2000 }, { "domain users", 3000 } };

/* What a name of the directory is found by besides its own. */
static const char *main_name(const char *name)
{
	return strcmp(name, "LAB\\erin") == 0 ? "erin@lab" : name;
}

static int begin_call(size_t size, int *hidden)
{
	const int is_struck = ++machine.calls >= machine.first && machine.calls <= machine.last;

	*hidden = is_struck && machine.mishap == HIDES;
	if (machine.room > size)
		return ERANGE;
	return is_struck && machine.mishap == FAILS ? EIO : 0;
}

#define ENTRIES(list) (sizeof(list) / sizeof *(list))
#define FIND(list, condition, hidden, found)                                                       \
	do {                                                                                       \
		for (size_t i = 0; i < ENTRIES(list) && !(hidden); i++) {                          \
			if (condition)                                                             \
				(found) = i;                                                       \
		}                                                                                  \
	} while (0)

static int give_user(size_t found, struct passwd *entry, struct passwd **result)
{
	*result = NULL;
	if (found >= ENTRIES(users))
		return 0;
	*entry = (struct passwd){ .pw_name = (char *)(uintptr_t)users[found].name,
				  .pw_uid = users[found].id };
	*result = entry;
	return 0;
}

static int give_group(size_t found, struct group *entry, struct group **result)
{
	*result = NULL;
	if (found >= ENTRIES(groups))
		return 0;
	*entry = (struct group){ .gr_name = (char *)(uintptr_t)groups[found].name,
				 .gr_gid = groups[found].id };
	*result = entry;
	return 0;
}

int __wrap_getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size,
		      struct passwd **result);
int __wrap_getpwuid_r(uid_t uid, struct passwd *entry, char *buffer, size_t size,
		      struct passwd **result);
int __wrap_getgrnam_r(const char *name, struct group *entry, char *buffer, size_t size,
		      struct group **result);
int __wrap_getgrgid_r(gid_t gid, struct group *entry, char *buffer, size_t size,
		      struct group **result);

int __wrap_getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size,
		      struct passwd **result)
{
	size_t found = ENTRIES(users);
	int hidden, error = begin_call(size, &hidden);

	(void)buffer;
	FIND(users, strcmp(users[i].name, main_name(name)) == 0, hidden, found);
	return error != 0 ? error : give_user(found, entry, result);
}

int __wrap_getpwuid_r(uid_t uid, struct passwd *entry, char *buffer, size_t size,
		      struct passwd **result)
{
	size_t found = ENTRIES(users);
	int hidden, error = begin_call(size, &hidden);

	(void)buffer;
	FIND(users, users[i].id == uid, hidden, found);
	return error != 0 ? error : give_user(found, entry, result);
}

int __wrap_getgrnam_r(const char *name, struct group *entry, char *buffer, size_t size,
		      struct group **result)
{
	size_t found = ENTRIES(groups);
	int hidden, error = begin_call(size, &hidden);

	(void)buffer;
	FIND(groups, strcmp(groups[i].name, name) == 0, hidden, found);
	return error != 0 ? error : give_group(found, entry, result);
}

int __wrap_getgrgid_r(gid_t gid, struct group *entry, char *buffer, size_t size,
		      struct group **result)
{
	size_t found = ENTRIES(groups);
	int hidden, error = begin_call(size, &hidden);

	(void)buffer;
	FIND(groups, groups[i].id == gid, hidden, found);
	return error != 0 ? error : give_group(found, entry, result);
}

static int set_up(void **state)
{
	(void)state;
	memset(&machine, 0, sizeof machine);
	return 0;
}

static const gid_t groups_of_alice[] = { 1000, 2000 };
static const gid_t groups_with_unknown[] = { 1000, 2000, 7777 };
static const gid_t groups_of_erin[] = { 3000 };
static const struct acl_asker alice = { 1000, groups_of_alice, 2, 0 };
static const struct acl_asker alice_far = { 1000, groups_with_unknown, 3, 0 };
static const struct acl_asker erin = { 3000, groups_of_erin, 1, 0 };
static const struct acl_asker nameless = { 4711, groups_of_alice, 2, 1 };

static enum acl_name_result user(const struct acl_asker *asker, const char *name, uint32_t *id)
{
	struct names_context context = { asker, NULL };
	struct acl_names names = names_of_system(&context);

	machine.calls = 0;
	return names.user(names.context, name, id);
}

static enum acl_name_result group(const struct acl_asker *asker, const char *name, uint32_t *id)
{
	struct names_context context = { asker, NULL };
	struct acl_names names = names_of_system(&context);

	machine.calls = 0;
	return names.group(names.context, name, id);
}

static void names_are_found(void **state)
{
	uint32_t id = 0;

	(void)state;
	assert_int_equal(user(&alice, "bob", &id), ACL_NAME_FOUND);
	assert_int_equal(id, 1001);
	assert_int_equal(machine.calls, 1);
	assert_int_equal(group(&erin, "domain users", &id), ACL_NAME_FOUND);
	assert_int_equal(id, 3000);
	assert_int_equal(user(&erin, "LAB\\erin", &id), ACL_NAME_FOUND);
	assert_int_equal(id, 3000);
}

static void a_name_that_nobody_has_is_unknown_only_to_who_has_names_himself(void **state)
{
	uint32_t id = 0;

	(void)state;
	assert_int_equal(user(&alice, "gone", &id), ACL_NAME_UNKNOWN);
	assert_int_equal(group(&alice, "gone", &id), ACL_NAME_UNKNOWN);
	assert_int_equal(group(&alice_far, "gone", &id), ACL_NAME_UNTOLD);
	assert_int_equal(user(&alice_far, "gone", &id), ACL_NAME_UNKNOWN);
	assert_int_equal(user(&nameless, "gone", &id), ACL_NAME_UNTOLD);
}

/* Whichever answers are hidden in a row, a name of the asker's is never nobody's. */
static void attack_36_a_hidden_entry_never_makes_a_name_of_the_askers_unknown(void **state)
{
	static const struct {
		const struct acl_asker *asker;
		const char *user, *group;
	} cases[] = {
		{ &alice, "alice", "students" },
		{ &alice, "alice", "alice" },
		{ &alice_far, "alice", "students" },
		{ &erin, "erin@lab", "domain users" },
		{ &erin, "LAB\\erin", "domain users" },
	};

	(void)state;
	for (size_t i = 0; i < ENTRIES(cases); i++) {
		for (unsigned call = 0; call < 36; call++) {
			uint32_t id = 0;

			machine.first = call / 6 + 1;
			/* One answer, or all from there on. */
			machine.last = call % 2 ? machine.first : 1000;
			machine.mishap = call % 3 ? HIDES : FAILS;
			if (user(cases[i].asker, cases[i].user, &id) == ACL_NAME_FOUND)
				assert_int_equal(id, cases[i].asker->uid);
			else
				assert_int_not_equal(user(cases[i].asker, cases[i].user, &id),
						     ACL_NAME_UNKNOWN);
			if (group(cases[i].asker, cases[i].group, &id) == ACL_NAME_FOUND)
				assert_true(acl_asker_in_group(cases[i].asker, id));
			else
				assert_int_not_equal(group(cases[i].asker, cases[i].group, &id),
						     ACL_NAME_UNKNOWN);
		}
	}
}

static void a_failure_on_either_way_is_a_failure(void **state)
{
	uint32_t id = 0;

	(void)state;
	machine.mishap = FAILS;
	for (unsigned call = 1; call <= 3; call++) {
		machine.first = machine.last = call;
		assert_int_equal(user(&alice, "gone", &id), ACL_NAME_FAILED);
	}
	for (unsigned call = 1; call <= 4; call++) {
		machine.first = machine.last = call;
		assert_int_equal(group(&alice, "gone", &id), ACL_NAME_FAILED);
	}
}

static void thousands_of_groups_are_not_all_asked_for(void **state)
{
	static gid_t many[5000];
	const struct acl_asker asker = { 1000, many, ENTRIES(many), 0 };
	uint32_t id = 0;

	(void)state;
	for (size_t i = 0; i < ENTRIES(many); i++)
		many[i] = 2000;
	assert_int_equal(group(&asker, "gone", &id), ACL_NAME_UNTOLD);
	assert_true(machine.calls < 1100);
	/* What can be told is told. */
	assert_int_equal(group(&asker, "students", &id), ACL_NAME_FOUND);
}

static void long_entries_get_room_up_to_a_bound(void **state)
{
	uint32_t id = 0;

	(void)state;
	machine.room = 1 << 20;
	assert_int_equal(group(&alice, "students", &id), ACL_NAME_FOUND);
	machine.room = 1 << 30;
	assert_int_equal(group(&alice, "students", &id), ACL_NAME_FAILED);
}

static void a_uid_has_a_name_or_none_or_it_cannot_be_told(void **state)
{
	char name[64] = "1000";

	(void)state;
	assert_int_equal(names_of_uid(1000, name, sizeof name), ACL_NAME_FOUND);
	assert_string_equal(name, "alice");
	assert_int_equal(names_of_uid(4711, name, sizeof name), ACL_NAME_UNKNOWN);
	assert_string_equal(name, "alice");
	machine.mishap = FAILS;
	machine.first = 1;
	machine.last = 100;
	assert_int_equal(names_of_uid(1000, name, sizeof name), ACL_NAME_FAILED);
}

#define TEST(function) cmocka_unit_test_setup(function, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names_are_found),
		TEST(a_name_that_nobody_has_is_unknown_only_to_who_has_names_himself),
		TEST(attack_36_a_hidden_entry_never_makes_a_name_of_the_askers_unknown),
		TEST(a_failure_on_either_way_is_a_failure),
		TEST(thousands_of_groups_are_not_all_asked_for),
		TEST(long_entries_get_room_up_to_a_bound),
		TEST(a_uid_has_a_name_or_none_or_it_cannot_be_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
