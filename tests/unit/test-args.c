/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The command line of vmgrant-helper: both callers' orders, and everything else refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "judge/args.h"

#define ARGV_MAX 8

struct line {
	const char *words[ARGV_MAX]; /* without the program's own name */
};

static enum reply_code parse(const struct line *line, struct args *args, struct refusal *why)
{
	char words[ARGV_MAX][512];
	char *argv[ARGV_MAX + 2] = { (char[]){ "vmgrant-helper" } };
	int argc = 1;

	while (argc <= ARGV_MAX && line->words[argc - 1] != NULL) {
		strncpy(words[argc - 1], line->words[argc - 1], sizeof words[0] - 1);
		words[argc - 1][sizeof words[0] - 1] = '\0';
		argv[argc] = words[argc - 1];
		argc++;
	}
	return args_parse(argc, argv, args, why);
}

static void accepts_the_orders_of_qemu_and_libvirt(void **state)
{
	static const struct line lines[] = {
		{ { "--use-vnet", "--fd=21", "--br=br0" } },
		{ { "--use-vnet", "--br=br0", "--fd=21" } },
		{ { "--br=br0", "--fd=21", "--use-vnet" } },
		{ { "--fd=21", "--br=br0", "--use-vnet" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		struct args args;
		struct refusal why;

		assert_int_equal(parse(&lines[i], &args, &why), REPLY_GRANTED);
		assert_int_equal(args.mode, ARGS_DROP_IN);
		assert_int_equal(args.fd, 21);
		assert_string_equal(args.request.bridge, "br0");
		assert_int_equal(args.request.kind, ACL_KIND_BRIDGE);
		assert_int_equal(args.request.origin, REQUEST_DROP_IN);
		assert_int_equal(args.request.queues, 1);
		assert_int_equal(args.request.vnet_header, VNET_HEADER_ON);
	}
}

static void takes_the_address_of_the_guest(void **state)
{
	static const struct line good = { { "--mac=52:54:00:Ab:cD:eF", "--fd=9", "--br=br0" } };
	static const struct line bad[] = {
		{ { "--fd=9", "--br=br0", "--mac=" } },
		{ { "--fd=9", "--br=br0", "--mac=52:54:00:ab:cd" } },
		{ { "--fd=9", "--br=br0", "--mac=52:54:00:ab:cd:ef:01" } },
		{ { "--fd=9", "--br=br0", "--mac=52:54:00:ab:cd:eg" } },
		{ { "--fd=9", "--br=br0", "--mac=52-54-00-ab-cd-ef" } },
		{ { "--fd=9", "--br=br0", "--mac=00:00:00:00:00:00" } },
		{ { "--fd=9", "--br=br0", "--mac=01:54:00:ab:cd:ef" } },
		{ { "--fd=9", "--br=br0", "--mac=ff:ff:ff:ff:ff:ff" } },
		{ { "--fd=9", "--mac=52:54:00:ab:cd:ef" } },
		{ { "--fd=9", "--br=br0", "--mac", "52:54:00:ab:cd:ef" } },
	};
	static const unsigned char mac[] = { 0x52, 0x54, 0x00, 0xab, 0xcd, 0xef };
	struct args args;
	struct refusal why;

	(void)state;
	assert_int_equal(parse(&good, &args, &why), REPLY_GRANTED);
	assert_int_equal(args.mode, ARGS_DROP_IN);
	assert_true(args.request.has_mac);
	assert_memory_equal(args.request.guest_mac, mac, sizeof mac);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(parse(&bad[i], &args, &why), REPLY_USAGE);
}

static void vnet_header_is_off_unless_asked_for(void **state)
{
	const struct line line = { { "--br=br0", "--fd=3" } };
	struct args args;
	struct refusal why;

	(void)state;
	assert_int_equal(parse(&line, &args, &why), REPLY_GRANTED);
	assert_int_equal(args.request.vnet_header, VNET_HEADER_OFF);
}

static void without_a_bridge_the_requests_come_over_the_socket(void **state)
{
	const struct line line = { { "--fd=3" } };
	struct args args;
	struct refusal why;

	(void)state;
	assert_int_equal(parse(&line, &args, &why), REPLY_GRANTED);
	assert_int_equal(args.mode, ARGS_NATIVE);
	assert_int_equal(args.fd, 3);
}

static void attack_1_no_arguments_at_all(void **state)
{
	char *nothing[] = { NULL };
	struct args args;
	struct refusal why;

	(void)state;
	assert_int_equal(args_parse(0, nothing, &args, &why), REPLY_USAGE);
	assert_int_equal(why.code, REPLY_USAGE);
	assert_non_null(strstr(why.sentence, "--help"));
}

static void attack_3_fd_argument_must_be_a_plain_number(void **state)
{
	static const char *const bad[] = {
		"--fd=",     "--fd=-1", "--fd=0",  "--fd=1",   "--fd=2",          "--fd=3x",
		"--fd= 3",   "--fd=+3", "--fd=0x3", "--fd=3 ",  "--fd=2147483648", "--fd=4294967299",
		"--fd=99999999999999999999999999", "--fd=3.0", "--fd=\xc2\xb3",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		const struct line line = { { "--br=br0", bad[i] } };
		struct args args;
		struct refusal why;

		assert_int_equal(parse(&line, &args, &why), REPLY_USAGE);
	}
}

static void attack_17_bridge_names_are_refused_and_never_cut(void **state)
{
	static const char *const bad[] = {
		"--br=",         "--br=abcdefghijklmnop", "--br=abcdefghijklmnopq",
		"--br=a/b",      "--br=vmg%d",            "--br=br0\n",
		"--br=br 0",     "--br=.",                "--br=..",
		"--br=br0:1",    "--br=*",                "--br=br\x1b[31m",
		"--br=br\xc3\xb6",
	};
	char long_name[5 + 255 + 1] = "--br=";

	(void)state;
	memset(long_name + 5, 'b', 255);
	for (size_t i = 0; i <= sizeof bad / sizeof bad[0]; i++) {
		const char *word = i < sizeof bad / sizeof bad[0] ? bad[i] : long_name;
		const struct line line = { { "--fd=3", word } };
		struct args args;
		struct refusal why;

		assert_int_equal(parse(&line, &args, &why), REPLY_USAGE);
	}
}

static void a_name_of_15_bytes_is_taken_whole(void **state)
{
	const struct line line = { { "--fd=3", "--br=abcdefghijklmno" } };
	struct args args;
	struct refusal why;

	(void)state;
	assert_int_equal(parse(&line, &args, &why), REPLY_GRANTED);
	assert_string_equal(args.request.bridge, "abcdefghijklmno");
}

/* QEMU adds its own to what helper= says, and qemu-bridge-helper takes the last. */
static void of_what_is_given_twice_the_last_counts(void **state)
{
	static const struct line lines[] = {
		{ { "--use-vnet", "--br=br0", "--use-vnet", "--fd=3" } },
		{ { "--use-vnet", "--fd=9", "--br=other", "--use-vnet", "--fd=3", "--br=br0" } },
		{ { "--br=br/0", "--fd=x", "--use-vnet", "--fd=3", "--br=br0" } },
		{ { "--mac=x", "--use-vnet", "--fd=3", "--br=br0", "--mac=52:54:00:12:34:56" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		struct args args;
		struct refusal why;

		assert_int_equal(parse(&lines[i], &args, &why), REPLY_GRANTED);
		assert_int_equal(args.mode, ARGS_DROP_IN);
		assert_int_equal(args.fd, 3);
		assert_string_equal(args.request.bridge, "br0");
		assert_int_equal(args.request.vnet_header, VNET_HEADER_ON);
		assert_int_equal(args.request.has_mac, i == 3);
	}
}

static void unknown_and_missing_arguments_are_refused(void **state)
{
	static const struct line lines[] = {
		{ { "--br=br0" } },
		{ { "--use-vnet", "--fd=3" } },
		{ { "--br", "br0", "--fd", "3" } },
		{ { "--use-vnet", "--use-vnet", "--fd=3" } },
		{ { "--br=br0", "--fd=4", "--fd=" } },
		{ { "--br=br0", "--br=br/0", "--fd=3" } },
		{ { "--br=br0", "--fd=3", "--use-vnet", "--use-vnet=off" } },
		{ { "--use-vnet=1", "--br=br0", "--fd=3" } },
		{ { "--br=br0", "--fd=3", "" } },
		{ { "--br=br0", "--fd=3", "--help" } },
		{ { "--br=br0", "--fd=3", "--version" } },
		{ { "--br=br0", "--fd=3", "--check-acl" } },
		{ { "--", "--br=br0", "--fd=3" } },
		{ { "--BR=br0", "--fd=3" } },
		{ { "--version", "--help" } },
		{ { "" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		struct args args;
		struct refusal why;

		assert_int_equal(parse(&lines[i], &args, &why), REPLY_USAGE);
	}
}

static void modes_for_people(void **state)
{
	static const struct {
		struct line line;
		enum args_mode mode;
	} cases[] = {
		{ { { "--help" } }, ARGS_HELP },
		{ { { "--version" } }, ARGS_VERSION },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct args args;
		struct refusal why;

		assert_int_equal(parse(&cases[i].line, &args, &why), REPLY_GRANTED);
		assert_int_equal(args.mode, cases[i].mode);
	}
}

static void what_has_moved_to_the_command_is_named(void **state)
{
	static const struct {
		struct line line;
		const char *command;
	} cases[] = {
		{ { { "--check-acl" } }, "run vmgrant check-acl" },
		{ { { "--check-acl", "/a/b" } }, "run vmgrant check-acl" },
		{ { { "--explain", "bridge", "br0" } }, "run vmgrant explain" },
		{ { { "--explain" } }, "run vmgrant explain" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct args args;
		struct refusal why;

		assert_int_equal(parse(&cases[i].line, &args, &why), REPLY_USAGE);
		assert_non_null(strstr(why.sentence, cases[i].command));
	}
}

static void attack_43_arguments_are_escaped_in_the_sentence(void **state)
{
	const struct line line = { { "--br=\x1b[2J%n%s\n", "--fd=3" } };
	struct args args;
	struct refusal why;

	(void)state;
	assert_int_equal(parse(&line, &args, &why), REPLY_USAGE);
	for (const char *byte = why.sentence; *byte != '\0'; byte++)
		assert_true(*byte >= ' ' && *byte <= '~');
	assert_non_null(strstr(why.sentence, "%n%s"));
}

static void service_stands_alone(void **state)
{
	static const struct line alone[] = { { { "--service" } }, { { "--service=by-pid" } } };
	static const struct line wrong[] = {
		{ { "--service", "--fd=3" } }, { { "--service=by-pid", "--br=br0" } },
		{ { "--service=" } }, { { "--service=by-name" } }, { { "--services" } },
	};
	struct args args;
	struct refusal why;

	(void)state;
	for (size_t i = 0; i < sizeof alone / sizeof alone[0]; i++) {
		assert_int_equal(parse(&alone[i], &args, &why), REPLY_GRANTED);
		assert_int_equal(args.mode, ARGS_NATIVE);
		assert_int_equal(args.fd, 3);
	}
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		assert_int_equal(parse(&wrong[i], &args, &why), REPLY_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_the_orders_of_qemu_and_libvirt),
		cmocka_unit_test(takes_the_address_of_the_guest),
		cmocka_unit_test(vnet_header_is_off_unless_asked_for),
		cmocka_unit_test(without_a_bridge_the_requests_come_over_the_socket),
		cmocka_unit_test(attack_1_no_arguments_at_all),
		cmocka_unit_test(attack_3_fd_argument_must_be_a_plain_number),
		cmocka_unit_test(attack_17_bridge_names_are_refused_and_never_cut),
		cmocka_unit_test(a_name_of_15_bytes_is_taken_whole),
		cmocka_unit_test(of_what_is_given_twice_the_last_counts),
		cmocka_unit_test(unknown_and_missing_arguments_are_refused),
		cmocka_unit_test(modes_for_people),
		cmocka_unit_test(service_stands_alone),
		cmocka_unit_test(what_has_moved_to_the_command_is_named),
		cmocka_unit_test(attack_43_arguments_are_escaped_in_the_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
