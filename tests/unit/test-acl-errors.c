/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Every way in which a statement can be wrong, and the place that is told. */
#include "tests/unit/acl-fixture.h"

static void assert_all_wrong(const struct wrong *wrongs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_wrong(acl_parse, &wrongs[i]);
}

static void attack_19_statements(void **state)
{
	static const struct wrong wrongs[] = {
		{ BYTES("permit bridge br0\n"), 1, 1, "permit", "unknown statement" },
		{ BYTES("Allow bridge br0\n"), 1, 1, "Allow", "unknown statement" },
		{ BYTES("allowbridge br0\n"), 1, 1, "allowbridge", "unknown statement" },
		{ BYTES("allo bridge br0\n"), 1, 1, "allo", "unknown statement" },
		{ BYTES("allow bridge a\n\n  nonsense\n"), 3, 3, "nonsense", "unknown statement" },
		{ BYTES("allow\n"), 1, 1, "allow", "bridge, usb, vfio or disk must follow" },
		{ BYTES(" deny # x\n"), 1, 2, "deny", "bridge, usb, vfio or disk must follow" },
		{ BYTES("allow br0\n"), 1, 7, "br0", "unknown kind" },
		{ BYTES("allow all\n"), 1, 7, "all", "unknown kind" },
		{ BYTES("allow bridges br0\n"), 1, 7, "bridges", "unknown kind" },
		{ BYTES("include\n"), 1, 1, "include", "an absolute path must follow" },
		{ BYTES("include etc/x\n"), 1, 9, "etc/x", "must be absolute" },
		{ BYTES("include ./x\n"), 1, 9, "./x", "must be absolute" },
		{ BYTES("include /x /y\n"), 1, 12, "/y", "nothing may follow" },
		{ BYTES("import-qemu\n"), 1, 1, "import-qemu", "an absolute path must follow" },
		{ BYTES("import-qemu x\n"), 1, 13, "x", "must be absolute" },
		{ BYTES("import-qemu /x user alice\n"), 1, 16, "user", "nothing may follow" },
		{ BYTES("import_qemu /x\n"), 1, 1, "import_qemu", "unknown statement" },
	};

	(void)state;
	assert_all_wrong(wrongs, ARRAY_SIZE(wrongs));
}

static void attack_19_bridges(void **state)
{
	static const struct wrong wrongs[] = {
		{ BYTES("allow bridge\n"), 1, 7, "bridge", "name of a bridge or * must follow" },
		{ BYTES("allow bridge all\n"), 1, 14, "all", "write * for every bridge" },
		{ BYTES("allow bridge br*\n"), 1, 14, "br*", "not a name that a bridge can have" },
		{ BYTES("allow bridge a/b\n"), 1, 14, "a/b", "not a name that a bridge can have" },
		{ BYTES("allow bridge br%d\n"), 1, 14, "br%d", "not a name" },
		{ BYTES("allow bridge ..\n"), 1, 14, "..", "not a name" },
		{ BYTES("allow bridge sixteen-bytes-xx\n"), 1, 14, "sixteen-bytes-xx",
		  "at most 15 bytes" },
		{ BYTES("allow bridge br0 br1\n"), 1, 18, "br1", "unknown option; a bridge rule" },
	};

	(void)state;
	assert_all_wrong(wrongs, ARRAY_SIZE(wrongs));
}

static void attack_19_usb(void **state)
{
	static const char pair[] = "expected VENDOR:PRODUCT";
	static const char usb_class[] = "class= needs two hexadecimal digits";
	const struct wrong wrongs[] = {
		{ BYTES("allow usb\n"), 1, 7, "usb", "must follow" },
		{ BYTES("allow usb user alice\n"), 1, 7, "usb", "must follow" },
		{ BYTES("allow usb *\n"), 1, 7, "usb", "must follow" },
		{ BYTES("allow usb 0951\n"), 1, 7, "usb", "must follow" },
		{ BYTES("allow usb 951:1666\n"), 1, 11, "951:1666", pair },
		{ BYTES("allow usb 00951:1666\n"), 1, 11, "00951:1666", pair },
		{ BYTES("allow usb 0951:166\n"), 1, 11, "0951:166", pair },
		{ BYTES("allow usb 0951:16666\n"), 1, 11, "0951:16666", pair },
		{ BYTES("allow usb 0951:\n"), 1, 11, "0951:", pair },
		{ BYTES("allow usb :1666\n"), 1, 11, ":1666", pair },
		{ BYTES("allow usb :\n"), 1, 11, ":", pair },
		{ BYTES("allow usb 0951:1666:1\n"), 1, 11, "0951:1666:1", pair },
		{ BYTES("allow usb 0951:16g6\n"), 1, 11, "0951:16g6", pair },
		{ BYTES("allow usb **:*\n"), 1, 11, "**:*", pair },
		{ BYTES("allow usb *:**\n"), 1, 11, "*:**", pair },
		{ BYTES("allow usb *:12*\n"), 1, 11, "*:12*", pair },
		{ BYTES("allow usb 0951:1666 0951:1667\n"), 1, 21, "0951:1667",
		  "directly after usb" },
		{ BYTES("allow usb class=08 0951:1666\n"), 1, 20, "0951:1666",
		  "directly after usb" },
		{ BYTES("allow usb class=8\n"), 1, 11, "class=8", usb_class },
		{ BYTES("allow usb class=\n"), 1, 11, "class=", usb_class },
		{ BYTES("allow usb class=008\n"), 1, 11, "class=008", usb_class },
		{ BYTES("allow usb class=0g\n"), 1, 11, "class=0g", usb_class },
		{ BYTES("allow usb class=08 class=09\n"), 1, 20, "class=09", "written twice" },
		{ BYTES("allow usb serial=\n"), 1, 11, "serial=", "empty serial" },
		{ BYTES("allow usb serial=\"\"\n"), 1, 11, "serial=\"\"", "empty serial" },
		{ BYTES("allow usb serial=a\\b\n"), 1, 11, "serial=a\\x5cb", "backslash" },
		{ BYTES("allow usb serial=a serial=a\n"), 1, 20, "serial=a", "written twice" },
		{ BYTES("allow usb port=1-1 port=1-1\n"), 1, 20, "port=1-1", "written twice" },
		{ BYTES("allow usb 0951:1666 user a class=08\n"), 1, 28, "class=08",
		  "directly after usb" },
		{ BYTES("deny usb 0951:1666 user a port=1-1\n"), 1, 27, "port=1-1",
		  "directly after usb" },
		{ BYTES("allow usb 0951:1666 vhost\n"), 1, 21, "vhost", "only a bridge rule" },
		{ BYTES("allow usb 0951:1666 quota=1\n"), 1, 21, "quota=1", "only a bridge rule" },
		{ BYTES("allow usb 0951:1666 memlock=1\n"), 1, 21, "memlock=1",
		  "only a vfio rule" },
		{ BYTES("allow usb 0951:1666 nonsense\n"), 1, 21, "nonsense",
		  "unknown option; a usb rule takes user, group, polkit=no" },
	};
	char text[256];
	const struct wrong too_long = {
		text,
		sizeof("allow usb serial=\n") - 1 + 127,
		1,
		11,
		"serial=00000000000000000000000000000000000000000000000000000...",
		"at most 126 characters"
	};

	(void)state;
	assert_all_wrong(wrongs, ARRAY_SIZE(wrongs));
	snprintf(text, sizeof(text), "allow usb serial=%0127d\n", 0);
	assert_wrong(acl_parse, &too_long);
}

static void attack_19_usb_ports(void **state)
{
	static const char port[] = "port= needs BUS-PORT";
	const struct wrong wrongs[] = {
		{ BYTES("allow usb port=\n"), 1, 11, "port=", port },
		{ BYTES("allow usb port=direct\n"), 1, 11, "port=direct", port },
		{ BYTES("allow usb port=1\n"), 1, 11, "port=1", port },
		{ BYTES("allow usb port=1-\n"), 1, 11, "port=1-", port },
		{ BYTES("allow usb port=-1\n"), 1, 11, "port=-1", port },
		{ BYTES("allow usb port=1-1.\n"), 1, 11, "port=1-1.", port },
		{ BYTES("allow usb port=1-.1\n"), 1, 11, "port=1-.1", port },
		{ BYTES("allow usb port=1.1\n"), 1, 11, "port=1.1", port },
		{ BYTES("allow usb port=1-1-1\n"), 1, 11, "port=1-1-1", port },
		{ BYTES("allow usb port=01-1\n"), 1, 11, "port=01-1", port },
		{ BYTES("allow usb port=1-01\n"), 1, 11, "port=1-01", port },
		{ BYTES("allow usb port=1-0\n"), 1, 11, "port=1-0", port },
		{ BYTES("allow usb port=0-1\n"), 1, 11, "port=0-1", port },
		{ BYTES("allow usb port=256-1\n"), 1, 11, "port=256-1", port },
		{ BYTES("allow usb port=1-256\n"), 1, 11, "port=1-256", port },
		{ BYTES("allow usb port=1-1.1.1.1.1.1.1\n"), 1, 11, "port=1-1.1.1.1.1.1.1", port },
	};

	(void)state;
	assert_all_wrong(wrongs, ARRAY_SIZE(wrongs));
}

static void attack_19_vfio(void **state)
{
	static const char expected[] = "expected DDDD:BB:DD.F";
	const struct wrong wrongs[] = {
		{ BYTES("allow vfio\n"), 1, 7, "vfio", "must follow" },
		{ BYTES("allow vfio *\n"), 1, 12, "*", expected },
		{ BYTES("allow vfio user alice\n"), 1, 12, "user", expected },
		{ BYTES("allow vfio 03:00\n"), 1, 12, "03:00", expected },
		{ BYTES("allow vfio 03:20.0\n"), 1, 12, "03:20.0", expected },
		{ BYTES("allow vfio 00000:03:00.0\n"), 1, 12, "00000:03:00.0", expected },
		{ BYTES("allow vfio 010000:03:00.0\n"), 1, 12, "010000:03:00.0", expected },
		{ BYTES("allow vfio 12345678:03:00.0\n"), 1, 12, "12345678:03:00.0", expected },
		{ BYTES("allow vfio 1000g:03:00.0\n"), 1, 12, "1000g:03:00.0", expected },
		{ BYTES("allow vfio 0000:03:20.0\n"), 1, 12, "0000:03:20.0", expected },
		{ BYTES("allow vfio 0000:03:00.8\n"), 1, 12, "0000:03:00.8", expected },
		{ BYTES("allow vfio 0000:03:00.\n"), 1, 12, "0000:03:00.", expected },
		{ BYTES("allow vfio 0000:03:00.00\n"), 1, 12, "0000:03:00.00", expected },
		{ BYTES("allow vfio 0000:03:00:0\n"), 1, 12, "0000:03:00:0", expected },
		{ BYTES("allow vfio 0000.03.00.0\n"), 1, 12, "0000.03.00.0", expected },
		{ BYTES("allow vfio 000g:03:00.0\n"), 1, 12, "000g:03:00.0", expected },
		{ BYTES("allow vfio 0000:0g:00.0\n"), 1, 12, "0000:0g:00.0", expected },
		{ BYTES("allow vfio 0000:03:0g.0\n"), 1, 12, "0000:03:0g.0", expected },
		{ BYTES("allow vfio *:03:00.0\n"), 1, 12, "*:03:00.0", expected },
		{ BYTES("allow vfio 10de\n"), 1, 12, "10de", expected },
		{ BYTES("allow vfio 10de:\n"), 1, 12, "10de:", expected },
		{ BYTES("allow vfio 10de:1\n"), 1, 12, "10de:1", expected },
		{ BYTES("allow vfio class=03\n"), 1, 12, "class=03", expected },
		{ BYTES("allow vfio 10de:* 10de:1234\n"), 1, 19, "10de:1234",
		  "unknown option; a vfio" },
		{ BYTES("allow vfio 10de:* queues=1\n"), 1, 19, "queues=1", "only a bridge rule" },
		{ BYTES("allow vfio 10de:* memlock\n"), 1, 19, "memlock", "number of bytes" },
		{ BYTES("allow vfio 10de:* memlock=\n"), 1, 19, "memlock=", "number of bytes" },
		{ BYTES("allow vfio 10de:* memlock=0\n"), 1, 19, "memlock=0", "number of bytes" },
		{ BYTES("allow vfio 10de:* memlock=0G\n"), 1, 19, "memlock=0G", "number of bytes" },
		{ BYTES("allow vfio 10de:* memlock=G\n"), 1, 19, "memlock=G", "number of bytes" },
		{ BYTES("allow vfio 10de:* memlock=1g\n"), 1, 19, "memlock=1g", "number of bytes" },
		{ BYTES("allow vfio 10de:* memlock=1GB\n"), 1, 19, "memlock=1GB",
		  "number of bytes" },
		{ BYTES("allow vfio 10de:* memlock=1KK\n"), 1, 19, "memlock=1KK",
		  "number of bytes" },
		{ BYTES("allow vfio 10de:* memlock=01G\n"), 1, 19, "memlock=01G",
		  "number of bytes" },
		{ BYTES("allow vfio 10de:* memlock=-1\n"), 1, 19, "memlock=-1", "number of bytes" },
		{ BYTES("allow vfio 10de:* memlock=8388608T\n"), 1, 19, "memlock=8388608T",
		  "number of bytes below 8388608T" },
		{ BYTES("allow vfio 10de:* memlock=9223372036854775808\n"), 1, 19,
		  "memlock=9223372036854775808", "number of bytes" },
		{ BYTES("allow vfio 10de:* memlock=18446744073709551615\n"), 1, 19,
		  "memlock=18446744073709551615", "number of bytes" },
		{ BYTES("allow vfio 10de:* memlock=18446744073709551617\n"), 1, 19,
		  "memlock=18446744073709551617", "number of bytes" },
	};

	(void)state;
	assert_all_wrong(wrongs, ARRAY_SIZE(wrongs));
}

static void attack_19_subjects(void **state)
{
	static const char one[] = "one user or one group";
	static const char id[] = "an id is a number";
	static const char name[] = "not a name; quote it if it is one";
	const struct wrong wrongs[] = {
		{ BYTES("allow bridge b user\n"), 1, 16, "user", "a name or an id must follow" },
		{ BYTES("allow bridge b vhost group # x\n"), 1, 22, "group", "must follow" },
		{ BYTES("allow bridge b user a user b\n"), 1, 23, "user", one },
		{ BYTES("allow bridge b user a group b\n"), 1, 23, "group", one },
		{ BYTES("allow bridge b group a vhost user 1\n"), 1, 30, "user", one },
		{ BYTES("allow bridge b group 1 group\n"), 1, 24, "group", one },
		{ BYTES("allow bridge b user *\n"), 1, 21, "*", "to mean everybody" },
		{ BYTES("allow bridge b user a*\n"), 1, 21, "a*", name },
		{ BYTES("allow bridge b user -a\n"), 1, 21, "-a", name },
		{ BYTES("allow bridge b user -1\n"), 1, 21, "-1", name },
		{ BYTES("allow bridge b user a:b\n"), 1, 21, "a:b", name },
		{ BYTES("allow bridge b user a/b\n"), 1, 21, "a/b", name },
		{ BYTES("allow bridge b user a,b\n"), 1, 21, "a,b", "one rule for each person" },
		{ BYTES("allow bridge b user vlan=1\n"), 1, 21, "vlan=1", name },
		{ BYTES("allow bridge b user 007\n"), 1, 21, "007", id },
		{ BYTES("allow bridge b user 00\n"), 1, 21, "00", id },
		{ BYTES("allow bridge b user 4294967295\n"), 1, 21, "4294967295", id },
		{ BYTES("allow bridge b group 4294967296\n"), 1, 22, "4294967296", id },
		{ BYTES("allow bridge b user 18446744073709551616\n"), 1, 21,
		  "18446744073709551616", id },
		{ BYTES("allow bridge b user alice bob\n"), 1, 27, "bob", "unknown option" },
		{ BYTES("allow bridge b user=alice\n"), 1, 16, "user=alice", "unknown option" },
	};
	char text[512];
	struct wrong too_long = { text,
				  0,
				  1,
				  21,
				  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...",
				  "at most 256 bytes" };
	struct parsed parsed;

	(void)state;
	assert_all_wrong(wrongs, ARRAY_SIZE(wrongs));
	memset(text, 'x', sizeof(text));
	memcpy(text, BYTES("allow bridge b user "));
	memcpy(text + 20 + 256, "\n", 2);
	parsed = parse_good(acl_parse, text);
	parsed_release(&parsed);
	memcpy(text + 20 + 256, "x\n", 3);
	too_long.length = strlen(text);
	assert_wrong(acl_parse, &too_long);
}

static void attack_19_options(void **state)
{
	static const char queues[] = "queues= needs a number from 1 to 256";
	static const char quota[] = "quota= needs a number from 1 to 1024";
	static const char vlan[] = "vlan= needs a number from 1 to 4094";
	const struct wrong wrongs[] = {
		{ BYTES("allow bridge b nonsense\n"), 1, 16, "nonsense",
		  "isolated, port=direct, polkit=no" },
		{ BYTES("allow bridge b queue=1\n"), 1, 16, "queue=1", "unknown option" },
		{ BYTES("allow bridge b queuess=1\n"), 1, 16, "queuess=1", "unknown option" },
		{ BYTES("allow bridge b =1\n"), 1, 16, "=1", "unknown option" },
		{ BYTES("allow bridge b =\n"), 1, 16, "=", "unknown option" },
		{ BYTES("allow bridge b Vhost\n"), 1, 16, "Vhost", "unknown option" },
		{ BYTES("allow bridge b queues\n"), 1, 16, "queues", queues },
		{ BYTES("allow bridge b queues=\n"), 1, 16, "queues=", queues },
		{ BYTES("allow bridge b queues=0\n"), 1, 16, "queues=0", queues },
		{ BYTES("allow bridge b queues=257\n"), 1, 16, "queues=257", queues },
		{ BYTES("allow bridge b queues=4294967297\n"), 1, 16, "queues=4294967297", queues },
		{ BYTES("allow bridge b queues=18446744073709551617\n"), 1, 16,
		  "queues=18446744073709551617", queues },
		{ BYTES("allow bridge b queues=04\n"), 1, 16, "queues=04", queues },
		{ BYTES("allow bridge b queues=+4\n"), 1, 16, "queues=+4", queues },
		{ BYTES("allow bridge b queues=-1\n"), 1, 16, "queues=-1", queues },
		{ BYTES("allow bridge b queues=4K\n"), 1, 16, "queues=4K", queues },
		{ BYTES("allow bridge b queues==4\n"), 1, 16, "queues==4", queues },
		{ BYTES("allow bridge b queues = 4\n"), 1, 16, "queues", queues },
		{ BYTES("allow bridge b quota=0\n"), 1, 16, "quota=0", quota },
		{ BYTES("allow bridge b quota=1025\n"), 1, 16, "quota=1025", quota },
		{ BYTES("allow bridge b vlan=0\n"), 1, 16, "vlan=0", vlan },
		{ BYTES("allow bridge b vlan=4095\n"), 1, 16, "vlan=4095", vlan },
		{ BYTES("allow bridge b vhost=1\n"), 1, 16, "vhost=1", "vhost takes no value" },
		{ BYTES("allow bridge b vhost=\n"), 1, 16, "vhost=", "vhost takes no value" },
		{ BYTES("allow bridge b lock-mac=1\n"), 1, 16, "lock-mac=1", "takes no value" },
		{ BYTES("allow bridge b isolated=no\n"), 1, 16, "isolated=no", "takes no value" },
		{ BYTES("allow bridge b port=sealed\n"), 1, 16, "port=sealed", "only port=direct" },
		{ BYTES("allow bridge b port\n"), 1, 16, "port", "only port=direct" },
		{ BYTES("allow bridge b port=direct1\n"), 1, 16, "port=direct1",
		  "only port=direct" },
		{ BYTES("allow bridge b user a polkit=yes\n"), 1, 23, "polkit=yes",
		  "only polkit=no" },
		{ BYTES("allow bridge b user a polkit\n"), 1, 23, "polkit", "only polkit=no" },
		{ BYTES("allow bridge b user a polkit=\n"), 1, 23, "polkit=", "only polkit=no" },
		{ BYTES("allow bridge b memlock=1G\n"), 1, 16, "memlock=1G", "only a vfio rule" },
		{ BYTES("allow bridge b class=08\n"), 1, 16, "class=08", "unknown option" },
	};

	(void)state;
	assert_all_wrong(wrongs, ARRAY_SIZE(wrongs));
}

static void attack_19_options_twice(void **state)
{
	static const char *const options[] = { "queues=1", "quota=1",  "vlan=1",      "vhost",
					       "lock-mac", "isolated", "port=direct", "polkit=no" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		char text[128];
		struct wrong wrong = { text, 0, 1, 0, options[i], "written twice" };

		wrong.length = (size_t)snprintf(text, sizeof(text), "allow bridge b user a %s %s\n",
						options[i], options[i]);
		wrong.column =
			(unsigned)(sizeof("allow bridge b user a ") + strlen(options[i]) + 1);
		assert_wrong(acl_parse, &wrong);
	}
	static const struct wrong wrongs[] = {
		{ BYTES("allow bridge b queues=1 vhost queues=2\n"), 1, 31, "queues=2", "twice" },
		{ BYTES("allow vfio *:* memlock=1 memlock=2\n"), 1, 26, "memlock=2", "twice" },
		{ BYTES("allow usb *:* user a polkit=no polkit=no\n"), 1, 32, "polkit=no",
		  "twice" },
	};
	assert_all_wrong(wrongs, ARRAY_SIZE(wrongs));
}

static void attack_19_options_on_a_deny(void **state)
{
	static const struct wrong wrongs[] = {
		{ BYTES("deny bridge b vhost\n"), 1, 15, "vhost",
		  "a deny takes only user or group" },
		{ BYTES("deny bridge b user a polkit=no\n"), 1, 22, "polkit=no",
		  "a deny takes only" },
		{ BYTES("deny bridge b nonsense\n"), 1, 15, "nonsense", "a deny takes only" },
		{ BYTES("deny vfio *:* memlock=1\n"), 1, 15, "memlock=1", "a deny takes only" },
		{ BYTES("deny usb *:* polkit=no\n"), 1, 14, "polkit=no", "a deny takes only" },
	};

	(void)state;
	assert_all_wrong(wrongs, ARRAY_SIZE(wrongs));
}

static void polkit_may_not_be_skipped_for_everybody(void **state)
{
	static const char message[] = "a rule for everybody may not skip polkit";
	const struct wrong wrongs[] = {
		{ BYTES("allow bridge b polkit=no\n"), 1, 16, "polkit=no", message },
		{ BYTES("allow bridge * vhost polkit=no queues=2\n"), 1, 22, "polkit=no", message },
		{ BYTES("allow usb *:* polkit=no\n"), 1, 15, "polkit=no", message },
		{ BYTES("allow vfio *:* polkit=no memlock=1G # user a\n"), 1, 16, "polkit=no",
		  message },
	};
	struct parsed parsed = parse_good(acl_parse, "allow bridge b polkit=no user 1000\n");

	(void)state;
	assert_int_equal(parsed.acl.rules[0].options.polkit_skip, 1);
	parsed_release(&parsed);
	assert_all_wrong(wrongs, ARRAY_SIZE(wrongs));
}

static void attack_43_words_are_escaped_and_cut(void **state)
{
	static const struct wrong wrongs[] = {
		{ BYTES("allow bridge %s%n%x\n"), 1, 14, "%s%n%x", "not a name" },
		{ BYTES("%n\n"), 1, 1, "%n", "unknown statement" },
		{ BYTES("allow usb serial=\\\n"), 1, 11, "serial=\\x5c", "backslash" },
		{ BYTES("allow bridge \x1b]0;evil\x07\n"), 1, 14, "\\x1b", "control character" },
	};

	(void)state;
	assert_all_wrong(wrongs, ARRAY_SIZE(wrongs));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attack_19_statements),
		cmocka_unit_test(attack_19_bridges),
		cmocka_unit_test(attack_19_usb),
		cmocka_unit_test(attack_19_usb_ports),
		cmocka_unit_test(attack_19_vfio),
		cmocka_unit_test(attack_19_subjects),
		cmocka_unit_test(attack_19_options),
		cmocka_unit_test(attack_19_options_twice),
		cmocka_unit_test(attack_19_options_on_a_deny),
		cmocka_unit_test(polkit_may_not_be_skipped_for_everybody),
		cmocka_unit_test(attack_43_words_are_escaped_and_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
