/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The alias of a port: what is written is read back, and nothing else is ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "wire/port/port-alias.h"

static const struct port_alias full = {
	.uid = 4294967294u,
	.bridge = "fifteen-letters",
	.isolated = 1,
	.is_locked = 1,
	.guest_mac = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 },
	.vlan = 4094,
};

static void assert_survives(const char *user, const struct port_alias *alias)
{
	char text[PORT_ALIAS_SIZE];
	struct port_alias back;

	port_alias_format(user, alias, text);
	assert_int_equal(port_alias_parse(text, &back), 0);
	assert_int_equal(back.uid, alias->uid);
	assert_string_equal(back.bridge, alias->bridge);
	assert_int_equal(back.isolated, alias->isolated);
	assert_int_equal(back.is_locked, alias->is_locked);
	assert_memory_equal(back.guest_mac, alias->guest_mac, sizeof back.guest_mac);
	assert_int_equal(back.vlan, alias->vlan);
}

static void people_read_it_first(void **state)
{
	const struct port_alias plain = { .uid = 1000, .bridge = "br0" };
	struct port_alias limited = full;
	char text[PORT_ALIAS_SIZE];

	(void)state;
	port_alias_format("alice", &plain, text);
	assert_string_equal(text, "vmgrant: user alice (uid 1000) on br0");
	limited.uid = 1000;
	port_alias_format("alice", &limited, text);
	assert_string_equal(text, "vmgrant: user alice (uid 1000) on fifteen-letters, isolated, "
				  "lock-mac=52:54:00:12:34:56, vlan=4094");
}

static void every_limit_survives(void **state)
{
	static const char *const bridges[] = { "b", "br0,", ",", ",,", "(uid", ")", "br-lan.42" };

	(void)state;
	assert_survives("alice", &full);
	for (size_t i = 0; i < sizeof bridges / sizeof bridges[0]; i++) {
		struct port_alias alias = full;

		memset(alias.bridge, 0, sizeof alias.bridge);
		memcpy(alias.bridge, bridges[i], strlen(bridges[i]));
		assert_survives("alice", &alias);
		alias.isolated = 0;
		assert_survives("alice", &alias);
		alias.vlan = 0;
		assert_survives("alice", &alias);
		alias.is_locked = 0;
		memset(alias.guest_mac, 0, sizeof alias.guest_mac);
		assert_survives("alice", &alias);
	}
}

static void no_name_of_a_user_says_something_else(void **state)
{
	static const char *const users[] = {
		"", " ", "LAB\\erin", "domain user", "x (uid 0) on br9", "x (uid 0) on br9, isolated",
		"(uid 0) on ", " (uid 7", "a, vlan=1", "vmgrant: user root (uid 0) on br0",
	};
	char longest[1000];

	(void)state;
	for (size_t i = 0; i < sizeof users / sizeof users[0]; i++)
		assert_survives(users[i], &full);
	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	assert_survives(longest, &full);
	for (size_t i = 0; i < 200; i++) {
		memcpy(longest + i, " (uid 0) on b", 13);
		assert_survives(longest, &full);
	}
}

static void other_texts_are_not_ours(void **state)
{
	static const char *const texts[] = {
		"",
		"uplink",
		"vmgrant: user alice",
		"vmgrant: user alice (uid 1000)",
		"vmgrant: user alice (uid 1000) on ",
		"vmgrant: user alice (uid ) on br0",
		"vmgrant: user alice (uid -1) on br0",
		"vmgrant: user alice (uid +1) on br0",
		"vmgrant: user alice (uid 4294967296) on br0",
		"vmgrant: user alice (uid 99999999999999999999999) on br0",
		"vmgrant: user alice (uid 1000 ) on br0",
		"vmgrant: user alice (uid 1000) on sixteen-letters0",
		"vmgrant: user alice (uid 1000) on br0, ",
		"vmgrant: user alice (uid 1000) on br0, lock",
		"vmgrant: user alice (uid 1000) on br0, isolated ",
		"vmgrant: user alice (uid 1000) on br0, isolated2",
		"vmgrant: user alice (uid 1000) on br0, lock-mac=",
		"vmgrant: user alice (uid 1000) on br0, lock-mac=52:54:00:12:34",
		"vmgrant: user alice (uid 1000) on br0, lock-mac=52:54:00:12:34:56:78",
		"vmgrant: user alice (uid 1000) on br0, vlan=",
		"vmgrant: user alice (uid 1000) on br0, vlan=0",
		"vmgrant: user alice (uid 1000) on br0, vlan=4095",
		"vmgrant: user alice (uid 1000) on br0, vlan=42x",
		"vmgrant: user alice (uid 1000) on br0, rate=10M",
		"VMGRANT: user alice (uid 1000) on br0",
		" vmgrant: user alice (uid 1000) on br0",
	};
	struct port_alias alias;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		assert_int_equal(port_alias_parse(texts[i], &alias), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(people_read_it_first),
		cmocka_unit_test(every_limit_survives),
		cmocka_unit_test(no_name_of_a_user_says_something_else),
		cmocka_unit_test(other_texts_are_not_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
