/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* libvirt's description of a domain: what it says, and another emulator in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "client/command/libvirt/domain-text.h"

#define HEAD "<domain type='kvm'>\n  <name>a &amp; b</name>\n  <uuid>1-2</uuid>\n"
#define OS "  <os>\n    <type arch='x86_64' machine='pc-q35-9.2'>hvm</type>\n  </os>\n"
#define DEVICES "  <devices>\n    <emulator>/usr/bin/qemu</emulator>\n  </devices>\n</domain>\n"

static void refused(const char *xml, const char *expected)
{
	struct domain_text domain;
	const char *why = domain_text_read(&domain, xml);

	assert_non_null(why);
	assert_non_null(strstr(why, expected));
	domain_text_release(&domain);
}

static void test_what_a_domain_says_is_read(void **state)
{
	struct domain_text domain;

	(void)state;
	assert_null(domain_text_read(&domain, HEAD OS DEVICES));
	assert_string_equal(domain.name, "a & b");
	assert_string_equal(domain.uuid, "1-2");
	assert_string_equal(domain.architecture, "x86_64");
	assert_string_equal(domain.machine, "pc-q35-9.2");
	assert_string_equal(domain.emulator, "/usr/bin/qemu");
	assert_false(domain.has_variables);
	domain_text_release(&domain);
}

static void test_only_the_emulator_changes(void **state)
{
	char *changed = domain_text_with_emulator(HEAD OS DEVICES, "/a&'b");

	(void)state;
	assert_string_equal(changed,
			    HEAD OS "  <devices>\n    <emulator>/a&amp;&apos;b</emulator>\n"
				    "  </devices>\n</domain>\n");
	free(changed);
}

static void test_what_is_not_written_as_libvirt_does_is_not_guessed(void **state)
{
	(void)state;
	refused("", "no <name>");
	refused(HEAD DEVICES, "no <type>");
	refused(HEAD OS, "not one <emulator>");
	/* One of two might be a person's own text. */
	refused(HEAD OS "    <emulator>/x</emulator>\n" DEVICES, "not one <emulator>");
	refused(HEAD OS "    <emulator>/a\n/b</emulator>\n", "not one <emulator>");
	refused(HEAD OS "    <emulator>a<!-- x -->b</emulator>\n", "not one <emulator>");
	refused(HEAD OS "    <emulator>&#x41;</emulator>\n", "not one <emulator>");
	refused(HEAD OS "    <emulator>/cut", "not one <emulator>");
	refused("  <name>&am</name>\n  <uuid>1</uuid>\n" OS DEVICES, "no <name>");
}

#define CARD(type, inner) "    <interface type='" type "'>\n" inner "    </interface>\n"

#define NOT_MEANT                                                                                  \
	CARD("user", "      <vlan>\n")                                                             \
	CARD("bridge", "      <vlane/>\n")                                                         \
	"    <disk>\n      <driver queues='2'/>\n      <vlan/>\n    </disk>\n" CARD(               \
		"bridge", "      <driver name='qemu'/>\n      <model type='virtio'/>\n")

static void test_what_is_dropped_is_of_cards_on_bridges(void **state)
{
	struct words dropped = { 0 };

	(void)state;
	domain_text_find_dropped(NOT_MEANT, &dropped);
	assert_int_equal(dropped.count, 0);
	domain_text_find_dropped(CARD("bridge", "      <driver name='qemu' queues='2'/>\n")
					 CARD("bridge", "      <driver queues='2'/>\n"
							"      <port isolated='yes'/>\n"),
				 &dropped);
	assert_int_equal(dropped.count, 2);
	assert_string_equal(dropped.items[0], "<driver queues>");
	assert_string_equal(dropped.items[1], "<port isolated>");
	words_release(&dropped);
	domain_text_find_dropped("    <interface type='bridge'>\n      <vlan>", &dropped);
	assert_int_equal(dropped.count, 0);
	words_release(&dropped);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_domain_says_is_read),
		cmocka_unit_test(test_only_the_emulator_changes),
		cmocka_unit_test(test_what_is_not_written_as_libvirt_does_is_not_guessed),
		cmocka_unit_test(test_what_is_dropped_is_of_cards_on_bridges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
