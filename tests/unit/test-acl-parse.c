/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Statements of the ACL to rules: each selector, each option, each range. */
#include "tests/unit/acl-fixture.h"

/* The only rule of a text. */
static struct parsed parse_one(const char *text)
{
	struct parsed parsed = parse_good(acl_parse, text);

	assert_int_equal(parsed.acl.count, 1);
	return parsed;
}

static void bridge_rule(void **state)
{
	struct parsed parsed = parse_good(acl_parse, "# policy\nallow bridge virbr0\n"
						     "\tdeny  bridge *\tuser mallory # no\n");
	const struct acl_rule *rules = parsed.acl.rules;

	(void)state;
	assert_int_equal(parsed.acl.count, 2);
	assert_int_equal(rules[0].effect, ACL_EFFECT_ALLOW);
	assert_int_equal(rules[0].kind, ACL_KIND_BRIDGE);
	assert_string_equal(rules[0].bridge, "virbr0");
	assert_int_equal(rules[0].subject.type, ACL_SUBJECT_EVERYBODY);
	assert_string_equal(rules[0].file, FILE_NAME);
	assert_int_equal(rules[0].line, 2);
	assert_int_equal(rules[1].effect, ACL_EFFECT_DENY);
	assert_null(rules[1].bridge);
	assert_int_equal(rules[1].subject.type, ACL_SUBJECT_USER_NAME);
	assert_string_equal(rules[1].subject.name, "mallory");
	assert_int_equal(rules[1].line, 3);
	parsed_release(&parsed);
}

static void no_options_are_the_modest_ones(void **state)
{
	static const struct acl_options none = { 0 };
	struct parsed parsed = parse_one("allow bridge br0 user alice\n");

	(void)state;
	assert_memory_equal(&parsed.acl.rules[0].options, &none, sizeof(none));
	parsed_release(&parsed);
}

static void every_bridge_option(void **state)
{
	struct parsed parsed = parse_one("allow bridge br-lab queues=4 vhost lock-mac isolated "
					 "group students vlan=42 quota=2 port=direct polkit=no\n");
	const struct acl_options *options = &parsed.acl.rules[0].options;

	(void)state;
	assert_int_equal(options->queues, 4);
	assert_int_equal(options->quota, 2);
	assert_int_equal(options->vlan, 42);
	assert_int_equal(options->vhost, 1);
	assert_int_equal(options->lock_mac, 1);
	assert_int_equal(options->isolated, 1);
	assert_int_equal(options->port_direct, 1);
	assert_int_equal(options->polkit_skip, 1);
	assert_int_equal(options->memlock_bytes, 0);
	assert_int_equal(parsed.acl.rules[0].subject.type, ACL_SUBJECT_GROUP_NAME);
	assert_string_equal(parsed.acl.rules[0].subject.name, "students");
	parsed_release(&parsed);
}

static void ranges_reach_their_ends(void **state)
{
	static const char *const texts[] = {
		"allow bridge b queues=1 quota=1 vlan=1\n",
		"allow bridge b queues=256 quota=1024 vlan=4094\n",
	};
	static const uint32_t numbers[][3] = { { 1, 1, 1 }, { 256, 1024, 4094 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct parsed parsed = parse_one(texts[i]);

		assert_int_equal(parsed.acl.rules[0].options.queues, numbers[i][0]);
		assert_int_equal(parsed.acl.rules[0].options.quota, numbers[i][1]);
		assert_int_equal(parsed.acl.rules[0].options.vlan, numbers[i][2]);
		parsed_release(&parsed);
	}
}

static void memlock_sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} cases[] = {
		{ "1", 1 },
		{ "1K", 1024 },
		{ "3M", 3u << 20 },
		{ "24G", 24ull << 30 },
		{ "8388607T", 8388607ull << 40 },
		{ "9223372036854775807", INT64_MAX },
		{ "9007199254740991K", 9007199254740991ull << 10 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[64];
		struct parsed parsed;

		snprintf(text, sizeof(text), "allow vfio 10de:* memlock=%s\n", cases[i].text);
		parsed = parse_one(text);
		assert_true(parsed.acl.rules[0].options.memlock_bytes == cases[i].bytes);
		parsed_release(&parsed);
	}
}

static void usb_selectors(void **state)
{
	struct parsed parsed = parse_good(
		acl_parse, "allow usb 0951:aBcD user alice\n"
			   "allow usb class=08 group plugdev\n"
			   "allow usb 1050:* serial=\"AB C#1\" port=1-1.4 polkit=no user 7\n"
			   "deny usb port=255-255.1.2.3.4.5 class=fF serial=a:b=c'd\n"
			   "deny usb *:* group 0\n");
	const struct acl_rule *rules = parsed.acl.rules;

	(void)state;
	assert_int_equal(parsed.acl.count, 5);
	assert_int_equal(rules[0].kind, ACL_KIND_USB);
	assert_int_equal(rules[0].usb.vendor.any, 0);
	assert_int_equal(rules[0].usb.vendor.value, 0x0951);
	assert_int_equal(rules[0].usb.product.any, 0);
	assert_int_equal(rules[0].usb.product.value, 0xabcd);
	assert_int_equal(rules[0].usb.class_code, -1);
	assert_null(rules[0].usb.serial);
	assert_null(rules[0].usb.port);
	assert_true(rules[1].usb.vendor.any && rules[1].usb.product.any);
	assert_int_equal(rules[1].usb.class_code, 8);
	assert_int_equal(rules[2].usb.vendor.any, 0);
	assert_int_equal(rules[2].usb.vendor.value, 0x1050);
	assert_int_equal(rules[2].usb.product.any, 1);
	assert_string_equal(rules[2].usb.serial, "AB C#1");
	assert_string_equal(rules[2].usb.port, "1-1.4");
	assert_int_equal(rules[2].options.polkit_skip, 1);
	assert_int_equal(rules[2].subject.type, ACL_SUBJECT_USER_ID);
	assert_string_equal(rules[3].usb.port, "255-255.1.2.3.4.5");
	assert_int_equal(rules[3].usb.class_code, 0xff);
	assert_string_equal(rules[3].usb.serial, "a:b=c'd");
	assert_true(rules[4].usb.vendor.any && rules[4].usb.product.any);
	parsed_release(&parsed);
}

static void usb_serial_of_126_characters(void **state)
{
	char text[ACL_SERIAL_MAX + 64];
	struct parsed parsed;

	(void)state;
	snprintf(text, sizeof(text), "allow usb serial=\"%0126d\"\n", 0);
	parsed = parse_one(text);
	assert_int_equal(strlen(parsed.acl.rules[0].usb.serial), ACL_SERIAL_MAX);
	parsed_release(&parsed);
}

static void vfio_addresses_have_a_long_domain_or_none(void **state)
{
	struct parsed parsed = parse_good(acl_parse, "allow vfio 10000:E1:00.0\n"
						     "allow vfio 03:0A.1 user alice\n"
						     "deny vfio fffffff:ff:1f.7\n");
	const struct acl_rule *rules = parsed.acl.rules;

	(void)state;
	assert_int_equal(parsed.acl.count, 3);
	assert_string_equal(rules[0].vfio.address, "10000:e1:00.0");
	assert_string_equal(rules[2].vfio.address, "fffffff:ff:1f.7");
	assert_true(acl_pci_address_equal(rules[0].vfio.address, "10000:e1:00.0"));
	assert_false(acl_pci_address_equal(rules[0].vfio.address, "0000:e1:00.0"));
	/* Without a domain it is the first one, as lspci means it. */
	assert_true(acl_pci_address_equal(rules[1].vfio.address, "0000:03:0a.1"));
	assert_false(acl_pci_address_equal(rules[1].vfio.address, "10000:03:0a.1"));
	assert_false(acl_pci_address_equal(rules[1].vfio.address, "0001:03:0a.1"));
	assert_false(acl_pci_address_equal(rules[1].vfio.address, NULL));
	parsed_release(&parsed);
}

static void vfio_selectors(void **state)
{
	struct parsed parsed =
		parse_good(acl_parse, "allow vfio 0000:03:00.0 user alice memlock=24G\n"
				      "allow vfio ABCD:EF:1F.7\n"
				      "allow vfio 10dE:* group gpu polkit=no\n"
				      "deny vfio *:0aBc\n");
	const struct acl_rule *rules = parsed.acl.rules;

	(void)state;
	assert_int_equal(parsed.acl.count, 4);
	assert_string_equal(rules[0].vfio.address, "0000:03:00.0");
	assert_int_equal(rules[0].vfio.vendor.any, 0);
	assert_true(rules[0].options.memlock_bytes == 24ull << 30);
	assert_string_equal(rules[1].vfio.address, "abcd:ef:1f.7");
	assert_null(rules[2].vfio.address);
	assert_int_equal(rules[2].vfio.vendor.value, 0x10de);
	assert_int_equal(rules[2].vfio.vendor.any, 0);
	assert_int_equal(rules[2].vfio.device.any, 1);
	assert_int_equal(rules[3].vfio.vendor.any, 1);
	assert_int_equal(rules[3].vfio.device.value, 0x0abc);
	parsed_release(&parsed);
}

static void subjects(void **state)
{
	static const struct {
		const char *text;
		enum acl_subject_type type;
		const char *name;
		uint32_t id;
	} cases[] = {
		{ "user alice", ACL_SUBJECT_USER_NAME, "alice", 0 },
		{ "user 0", ACL_SUBJECT_USER_ID, NULL, 0 },
		{ "user 4294967294", ACL_SUBJECT_USER_ID, NULL, 4294967294u },
		{ "group 1000", ACL_SUBJECT_GROUP_ID, NULL, 1000 },
		{ "group domain+users@example.org", ACL_SUBJECT_GROUP_NAME,
		  "domain+users@example.org", 0 },
		{ "user 1a", ACL_SUBJECT_USER_NAME, "1a", 0 },
		{ "user +1", ACL_SUBJECT_USER_NAME, "+1", 0 },
		{ "user 0x0", ACL_SUBJECT_USER_NAME, "0x0", 0 },
		{ "user user", ACL_SUBJECT_USER_NAME, "user", 0 },
		{ "group group", ACL_SUBJECT_GROUP_NAME, "group", 0 },
		{ "user pc$", ACL_SUBJECT_USER_NAME, "pc$", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[128];
		struct parsed parsed;

		snprintf(text, sizeof(text), "deny bridge br0 %s\n", cases[i].text);
		parsed = parse_one(text);
		assert_int_equal(parsed.acl.rules[0].subject.type, cases[i].type);
		assert_int_equal(parsed.acl.rules[0].subject.id, cases[i].id);
		if (cases[i].name != NULL)
			assert_string_equal(parsed.acl.rules[0].subject.name, cases[i].name);
		parsed_release(&parsed);
	}
}

static void bridge_names(void **state)
{
	static const char *const good[] = { "a",   "br-lab.7", "fifteen-bytes-x",
					    "...", "\\",       "default" };
	static const char *const bad[] = { "",     ".",        "..",   "sixteen-bytes-xx",
					   "a b",  "a/b",      "a:b",  "a%d",
					   "*",    "a#",       "a\"",  "a\n",
					   "\x7f", "\xc3\xb6", "a\tb", "a\x01" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_int_equal(acl_bridge_name_valid(good[i]), 1);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(acl_bridge_name_valid(bad[i]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bridge_rule),
		cmocka_unit_test(no_options_are_the_modest_ones),
		cmocka_unit_test(every_bridge_option),
		cmocka_unit_test(ranges_reach_their_ends),
		cmocka_unit_test(memlock_sizes),
		cmocka_unit_test(usb_selectors),
		cmocka_unit_test(usb_serial_of_126_characters),
		cmocka_unit_test(vfio_addresses_have_a_long_domain_or_none),
		cmocka_unit_test(vfio_selectors),
		cmocka_unit_test(subjects),
		cmocka_unit_test(bridge_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
