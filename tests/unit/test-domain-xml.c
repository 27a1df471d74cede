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

#include "client/domain/domain-xml.h"

#define HEAD "<domain type=\"kvm\">\n  <name>a &amp; b</name>\n  <uuid>1-2</uuid>\n"
#define OS "  <os>\n    <type arch=\"x86_64\" machine=\"pc-q35-9.2\">hvm</type>\n  </os>\n"
#define EMULATOR(path) "    <emulator>" path "</emulator>\n"
#define DEVICES(inner) "  <devices>\n" inner "  </devices>\n</domain>\n"
#define QEMU EMULATOR("/usr/bin/qemu")
#define WHOLE HEAD OS DEVICES(QEMU)

#define COMMAND_LINE(prefix, name)                                                                 \
	"<" prefix ":commandline xmlns:" prefix "='http://libvirt.org/schemas/domain/qemu/1.0'>"   \
	"<" prefix ":env name='" name "' value='x'/></" prefix ":commandline>"

static struct domain_text read_text(const char *xml, const char *emulator)
{
	struct domain_text domain;

	domain_xml_read(&domain, xml, strlen(xml), emulator);
	return domain;
}

static void refused(const char *xml, const char *expected)
{
	struct domain_text domain = read_text(xml, "/new");

	assert_non_null(domain.error);
	if (strstr(domain.error, expected) == NULL)
		fail_msg("%s: %s", domain.error, expected);
	assert_null(domain.changed);
	domain_text_release(&domain);
}

/* With another emulator it is this, and with the first one again what it was. */
static void changed(const char *xml, const char *path, const char *expected)
{
	struct domain_text domain = read_text(xml, path), again, back;

	assert_null(domain.error);
	assert_string_equal(domain.changed, expected);
	again = read_text(domain.changed, path);
	assert_string_equal(again.changed, domain.changed);
	assert_string_equal(again.xml, domain.changed);
	back = read_text(domain.changed, domain.emulator);
	assert_string_equal(back.changed, domain.xml);
	domain_text_release(&domain);
	domain_text_release(&again);
	domain_text_release(&back);
}

static void emulator_is(const char *xml, const char *expected)
{
	struct domain_text domain = read_text(xml, NULL);

	assert_null(domain.error);
	assert_string_equal(domain.emulator, expected);
	assert_null(domain.changed);
	domain_text_release(&domain);
}

static void test_what_a_domain_says_is_read(void **state)
{
	struct domain_text domain = read_text(WHOLE, NULL);

	(void)state;
	assert_null(domain.error);
	assert_string_equal(domain.name, "a & b");
	assert_string_equal(domain.uuid, "1-2");
	assert_string_equal(domain.architecture, "x86_64");
	assert_string_equal(domain.machine, "pc-q35-9.2");
	assert_string_equal(domain.emulator, "/usr/bin/qemu");
	assert_string_equal(domain.xml, WHOLE);
	assert_false(domain.has_variables);
	domain_text_release(&domain);
}

static void test_only_the_emulator_changes(void **state)
{
	(void)state;
	changed(WHOLE, "/a&'b<\n", HEAD OS DEVICES(EMULATOR("/a&amp;'b&lt;\n")));
	/* Comments, what is of others, blanks and text as it was typed. */
	changed("<!-- mine -->\n<domain type=\"kvm\"  xmlns:x=\"urn:x\">\n<name>n</name>\n\n"
		"  <uuid>1</uuid><metadata><x:a x:b=\"1\"><![CDATA[<emulator>]]></x:a></metadata>\n" OS
			DEVICES("<!-- <emulator>/no</emulator> -->\n" EMULATOR(
				"<!-- here -->/usr/bin/q")),
		"/new",
		"<!-- mine -->\n<domain xmlns:x=\"urn:x\" type=\"kvm\">\n<name>n</name>\n\n"
		"  <uuid>1</uuid><metadata><x:a x:b=\"1\"><![CDATA[<emulator>]]></x:a></metadata>\n" OS
			DEVICES("<!-- <emulator>/no</emulator> -->\n" EMULATOR(
				"<!-- here -->/new")));
}

static void test_it_is_read_however_it_is_written(void **state)
{
	(void)state;
	emulator_is("<domain><name>a</name><uuid>1</uuid><os><type machine='m' arch='a'/></os>"
		    "<devices><emulator>/x</emulator></devices></domain>",
		    "/x");
	emulator_is(
		"<?xml version='1.0' encoding='ISO-8859-1'?>\n" HEAD OS DEVICES(EMULATOR("/\xfc")),
		"/\xc3\xbc");
	emulator_is("\xef\xbb\xbf" HEAD OS DEVICES(EMULATOR("/x")), "/x");
	emulator_is(HEAD OS DEVICES(EMULATOR("a<!-- x -->b")), "ab");
	emulator_is(HEAD OS DEVICES(EMULATOR("&#x41;<![CDATA[<b>]]>")), "A<b>");
	/* Of others, or further in. */
	emulator_is(HEAD OS "<x:emulator xmlns:x='urn:x'>/no</x:emulator>" DEVICES(
			    "<disk><emulator>/no</emulator></disk>"
			    "<emulator xmlns='urn:y'>/no</emulator>" QEMU),
		    "/usr/bin/qemu");
}

static void test_what_is_no_description_is_refused(void **state)
{
	(void)state;
	refused("", "is no XML");
	refused("error: no", "is no XML: line 1: ");
	refused("<domain>\n<name></domain>", "is no XML: line 2: ");
	refused("<network/>", "is not of a <domain>");
	refused("<domain xmlns='urn:x'/>", "is not of a <domain>");
	refused("<domain>" OS DEVICES(QEMU), "has no <name>");
	refused(HEAD "<name>b</name>" OS DEVICES(QEMU), "has no <name>");
	refused(HEAD DEVICES(QEMU), "has no <type>");
	refused(HEAD OS "</domain>", "has no <emulator>");
	refused(HEAD OS DEVICES("<emulator/>"), "has no <emulator>");
	refused(HEAD OS DEVICES(QEMU QEMU), "has no <emulator>, or two of them");
	refused(HEAD OS DEVICES(EMULATOR("/\xfc")), "is no XML: line ");
	refused(HEAD OS DEVICES(EMULATOR("&x;")), "is no XML: line ");
	refused(HEAD OS "    <emulator>/cut", "is no XML: line ");
}

static void test_a_doctype_goes_no_further(void **state)
{
	static const char *const subsets[] = {
		"SYSTEM '/etc/passwd'",
		"SYSTEM 'http://127.0.0.1:1/x.dtd' [<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;]",
		"[<!ENTITY a 'aaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;'>]",
		"[<!ENTITY a SYSTEM 'file:///etc/passwd'>]",
		"[<!ENTITY a '&a;'>]",
		"[",
	};

	(void)state;
	for (size_t i = 0; i < sizeof subsets / sizeof subsets[0]; i++) {
		char *xml = text_format(
			"<!DOCTYPE domain %s>\n<domain><name>&c;&a;</name></domain>", subsets[i]);

		refused(xml, "has a DOCTYPE");
		free(xml);
	}
}

static void test_the_size_has_a_limit(void **state)
{
	static const char head[] = HEAD, rest[] = OS DEVICES(QEMU);
	char *xml = text_need(malloc(DOMAIN_XML_BYTES_MAX + 2));
	struct domain_text domain;
	size_t fill = DOMAIN_XML_BYTES_MAX - strlen(head) - strlen(rest);

	(void)state;
	memcpy(xml, head, strlen(head));
	memset(xml + strlen(head), ' ', fill);
	memcpy(xml + strlen(head) + fill, rest, sizeof rest);
	domain = read_text(xml, "/new");
	assert_null(domain.error);
	assert_non_null(domain.changed);
	domain_text_release(&domain);
	memcpy(xml + DOMAIN_XML_BYTES_MAX, "\n", 2);
	refused(xml, "is longer than");
	/* Nor is it deep without end. */
	for (size_t i = 0; i < DOMAIN_XML_BYTES_MAX / 3; i++)
		memcpy(xml + 3 * i, "<a>", 4);
	refused(xml, "is no XML");
	free(xml);
}

static int has_variables(const char *inner)
{
	char *xml = text_format(HEAD "%s" OS DEVICES(QEMU), inner);
	struct domain_text domain = read_text(xml, NULL);
	int has = domain.has_variables;

	assert_null(domain.error);
	domain_text_release(&domain);
	free(xml);
	return has;
}

static void test_variables_count_by_their_namespace(void **state)
{
	(void)state;
	assert_true(has_variables(COMMAND_LINE("qemu", "VMGRANT")));
	assert_true(has_variables(COMMAND_LINE("q", "VMGRANT_FILE")));
	assert_true(has_variables(COMMAND_LINE("q", "A") COMMAND_LINE("q", "VMGRANT")));
	assert_false(has_variables(COMMAND_LINE("q", "VMGRANT_QEMU")));
	assert_false(has_variables("<commandline><env name='VMGRANT'/></commandline>"));
	assert_false(has_variables("<!--" COMMAND_LINE("qemu", "VMGRANT") "-->"));
	assert_false(has_variables("<metadata>" COMMAND_LINE("qemu", "VMGRANT") "</metadata>"));
}

#define CARD(type, inner) "    <interface type='" type "'>\n" inner "    </interface>\n"

static void dropped_is(const char *cards, const char *first, const char *second)
{
	char *xml = text_format("<domain><devices>%s</devices></domain>", cards);
	struct domain_text domain = read_text(xml, NULL);
	int count = (first != NULL) + (second != NULL);

	assert_int_equal(domain.dropped.count, count);
	if (first != NULL)
		assert_string_equal(domain.dropped.items[0], first);
	if (second != NULL)
		assert_string_equal(domain.dropped.items[1], second);
	domain_text_release(&domain);
	free(xml);
}

static void test_what_is_dropped_is_of_cards_on_bridges(void **state)
{
	(void)state;
	dropped_is(
		CARD("user", "<vlan/>")
			CARD("bridge", "<vlane/>") "<disk><driver queues='2'/><vlan/></disk>" CARD(
				"bridge", "<driver name='qemu'/><target/><!-- <vlan/> -->"),
		NULL, NULL);
	dropped_is(CARD("bridge", "<driver name='qemu' queues='2'/>")
			   CARD("bridge", "<driver queues='2'/><port isolated='yes'/>"),
		   "<driver queues>", "<port isolated>");
	dropped_is(
		"<interface  type = \"bridge\"><vlan trunk=\"yes\"/><target\ndev='x'/></interface>",
		"<vlan>", "<target dev>");
	dropped_is("<interface type='bridge'><vlan>", NULL, NULL);
}

static void test_what_is_found_reaches_the_command(void **state)
{
	static const char *const none[] = { "", "[]", "\"x\"", "{\"name\":", NULL };
	struct domain_text domain = read_text(HEAD COMMAND_LINE("q", "VMGRANT")
						      OS DEVICES(QEMU CARD("bridge", "<vlan/>")),
					      "/new");
	struct domain_text other;
	char *json = domain_text_encode(&domain);

	(void)state;
	assert_int_equal(domain_text_decode(&other, json), 0);
	assert_string_equal(other.name, "a & b");
	assert_string_equal(other.machine, domain.machine);
	assert_string_equal(other.xml, domain.xml);
	assert_string_equal(other.changed, domain.changed);
	assert_null(other.error);
	assert_true(other.has_variables);
	assert_int_equal(other.dropped.count, 1);
	assert_string_equal(other.dropped.items[0], "<vlan>");
	domain_text_release(&other);
	for (size_t i = 0; none[i] != NULL; i++) {
		assert_int_equal(domain_text_decode(&other, none[i]), -1);
		domain_text_release(&other);
	}
	/* What is of another type counts as not there. */
	assert_int_equal(domain_text_decode(&other, "{\"name\":[],\"xml\":1,\"dropped\":[1,{}]}"),
			 0);
	assert_null(other.name);
	assert_null(other.xml);
	assert_int_equal(other.dropped.count, 0);
	domain_text_release(&other);
	domain_text_release(&domain);
	free(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_domain_says_is_read),
		cmocka_unit_test(test_only_the_emulator_changes),
		cmocka_unit_test(test_it_is_read_however_it_is_written),
		cmocka_unit_test(test_what_is_no_description_is_refused),
		cmocka_unit_test(test_a_doctype_goes_no_further),
		cmocka_unit_test(test_the_size_has_a_limit),
		cmocka_unit_test(test_variables_count_by_their_namespace),
		cmocka_unit_test(test_what_is_dropped_is_of_cards_on_bridges),
		cmocka_unit_test(test_what_is_found_reaches_the_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
