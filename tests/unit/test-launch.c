/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The command line of the program that gets the cards: QEMU's options, placeholders, quoting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/kind/bridge/launch-card.h"

#define ARGUMENTS(...) ((char *[]){ __VA_ARGS__, NULL })

/* A card as it is after the grant: fds from first_fd on, those of vhost behind them. */
static struct card card(const char *option, int first_fd)
{
	struct card made = { .tap = { .mtu_bytes = 9000, .tap = "tap0" } };
	char why[256];

	assert_int_equal(net_option_parse(option, &made.option, why, sizeof why), 0);
	if (made.option.id[0] == '\0')
		(void)snprintf(made.option.id, sizeof made.option.id, "vmgrant-net0");
	if (made.option.model[0] == '\0')
		(void)snprintf(made.option.model, sizeof made.option.model, NET_OPTION_MODEL);
	if (!made.option.has_mac)
		memcpy(made.option.mac, "\x52\x54\x00\x01\x02\x03", 6);
	made.tap.queues = made.option.queues;
	made.tap.vhost_count = made.option.vhost == NET_OPTION_VHOST_ON ? made.option.queues : 0;
	for (unsigned i = 0; i < made.tap.queues; i++)
		made.tap.queue_fds[i] = first_fd++;
	for (unsigned i = 0; i < made.tap.vhost_count; i++)
		made.tap.vhost_fds[i] = first_fd++;
	return made;
}

static const struct launch_qemu no_qemu = { 0 };

/* x86_64 and machine pc, as old as it can be. */
static struct launch_qemu old_qemu(void)
{
	return (struct launch_qemu){
		.is_qemu = 1,
		.version = 0,
		.machine = qemu_machine_find("x86_64", "", QEMU_PCI_BY_MACHINE),
	};
}

/* The command line as a shell would be given it. */
static void qemu_becomes(char *const arguments[], struct launch_qemu qemu,
			 const struct card *cards, size_t count, const char *expected)
{
	enum launch_style style = launch_style(arguments, &qemu);
	struct words words = { 0 };
	char *line = NULL, why[256] = "";

	if (launch_check(arguments, cards, count, why, sizeof why) < 0)
		fail_msg("%s", why);
	for (size_t i = 0; arguments[i] != NULL; i++)
		words_add(&words, text_format("%s", arguments[i]));
	launch_build(style, &qemu, cards, count, &words);
	for (size_t i = 0; i < words.count; i++) {
		char *quoted = text_shell_quote(words.items[i]);

		text_append(&line, i == 0 ? "" : " ", i == 0 ? 0 : 1);
		text_append(&line, quoted, strlen(quoted));
		free(quoted);
	}
	assert_string_equal(line, expected);
	assert_null(words.items[words.count]);
	words_release(&words);
	free(line);
}

static void becomes(char *const arguments[], const struct card *cards, size_t count,
		    const char *expected)
{
	qemu_becomes(arguments, no_qemu, cards, count, expected);
}

static void refused(char *const arguments[], const struct card *cards, size_t count,
		    const char *reason)
{
	char why[256] = "";

	assert_int_equal(launch_check(arguments, cards, count, why, sizeof why), -1);
	if (strstr(why, reason) == NULL)
		fail_msg("%s", why);
}

static void qemu_gets_a_netdev_and_a_device(void **state)
{
	struct card one = card("br0", 5);

	(void)state;
	qemu_becomes(ARGUMENTS("qemu-system-x86_64", "-m", "64"), old_qemu(), &one, 1,
		"qemu-system-x86_64 -m 64 -netdev tap,id=vmgrant-net0,fd=5 "
		"-device virtio-net-pci,id=vmgrant-net0,netdev=vmgrant-net0,"
		"mac=52:54:00:01:02:03,addr=0x18,host_mtu=9000");
	one = card("br0,vhost=on,id=lan,mac=02:00:00:00:00:07", 5);
	qemu_becomes(ARGUMENTS("/usr/libexec/qemu-kvm"), old_qemu(), &one, 1,
		"/usr/libexec/qemu-kvm -netdev tap,id=lan,fd=5,vhost=on,vhostfd=6 "
		"-device virtio-net-pci,netdev=lan,mac=02:00:00:00:00:07,addr=0x18,host_mtu=9000");
}

/* A comma in a value would end it, a quotation mark is JSON's. */
static void a_newer_qemu_gets_json(void **state)
{
	struct card one = card("br0,queues=2,vhost=on", 5);
	struct launch_qemu qemu = old_qemu();

	(void)state;
	one.tap.mtu_bytes = 0;
	qemu.version = 602;
	qemu_becomes(ARGUMENTS("qemu"), qemu, &one, 1,
		"qemu -netdev tap,id=vmgrant-net0,fds=5:6,vhost=on,vhostfds=7:8 "
		"-device '{\"driver\":\"virtio-net-pci\",\"id\":\"vmgrant-net0\","
		"\"netdev\":\"vmgrant-net0\",\"mac\":\"52:54:00:01:02:03\",\"addr\":\"0x18\","
		"\"mq\":true,\"vectors\":6}'");
	qemu.version = 702;
	one = card("br0,vhost=on,bus=rp1", 5);
	one.tap.mtu_bytes = 1500;
	qemu_becomes(ARGUMENTS("qemu"), qemu, &one, 1,
		"qemu -netdev '{\"type\":\"tap\",\"id\":\"vmgrant-net0\",\"fd\":\"5\","
		"\"vhost\":true,\"vhostfd\":\"6\"}' "
		"-device '{\"driver\":\"virtio-net-pci\",\"id\":\"vmgrant-net0\","
		"\"netdev\":\"vmgrant-net0\",\"mac\":\"52:54:00:01:02:03\",\"bus\":\"rp1\","
		"\"host_mtu\":1500}'");
}

static void queues_bring_mq_and_vectors_for_cards_that_have_them(void **state)
{
	struct card cards[2] = { card("br0,queues=4,vhost=on", 5),
				 card("br1,model=e1000,id=b", 20) };

	(void)state;
	cards[0].tap.mtu_bytes = 0;
	qemu_becomes(ARGUMENTS("qemu"), old_qemu(), cards, 2,
		"qemu -netdev tap,id=vmgrant-net0,fds=5:6:7:8,vhost=on,vhostfds=9:10:11:12 "
		"-device virtio-net-pci,id=vmgrant-net0,netdev=vmgrant-net0,"
		"mac=52:54:00:01:02:03,addr=0x18,mq=on,vectors=10 "
		"-netdev tap,id=b,fd=20 -device e1000,netdev=b,mac=52:54:00:01:02:03,addr=0x17");
	cards[0] = card("br0,queues=2,model=virtio-net-device", 5);
	qemu_becomes(ARGUMENTS("qemu"), old_qemu(), cards, 1,
		"qemu -netdev tap,id=vmgrant-net0,fds=5:6 "
		"-device virtio-net-device,id=vmgrant-net0,netdev=vmgrant-net0,"
		"mac=52:54:00:01:02:03,mq=on,host_mtu=9000");
}

static void names_that_are_taken_are_passed_over(void **state)
{
	char *const arguments[] = { "-netdev", "user,id=vmgrant-net0", "-device",
				    "{\"id\":\"vmgrant-net1\"}", "vmgrant-net20", NULL };
	char *id = launch_free_id(arguments, "net", LAUNCH_ID_NUMBERED, 0);

	(void)state;
	assert_string_equal(id, "vmgrant-net2");
	free(id);
	id = launch_free_id(arguments, "xhci", LAUNCH_ID_PLAIN, 1);
	assert_string_equal(id, "vmgrant-xhci");
	free(id);
}

static void placeholders_are_replaced_and_nothing_is_added(void **state)
{
	struct card cards[2] = { card("br0,queues=3,vhost=on", 5), card("br1", 20) };

	(void)state;
	becomes(ARGUMENTS("vmm", "--net", "fd={net0.fds}", "v={net0.vhostfds},b={net1.fd}"), cards,
		2, "vmm --net fd=5:6:7 v=8:9:10,b=20");
	becomes(ARGUMENTS("vmm", "{net0.mac}", "{net1.mtu}", "{net1.ifname}{net1.fds}"), cards, 2,
		"vmm 52:54:00:01:02:03 9000 tap020");
	qemu_becomes(ARGUMENTS("qemu-system-x86_64", "-netdev", "tap,id=n,fd={net1.fd}"),
		     old_qemu(), cards, 2, "qemu-system-x86_64 -netdev tap,id=n,fd=20");
}

static void what_looks_like_a_placeholder_and_is_none_stays(void **state)
{
	struct card one = card("br0", 5);

	(void)state;
	assert_int_equal(launch_style(ARGUMENTS("vmm", "{}", "{net}", "{net0}", "{net.fd}",
						"net0.fd", "{\"net0.fd\"}", "{net0.fd", "{net0.FD}"),
				      &no_qemu), LAUNCH_UNKNOWN);
	becomes(ARGUMENTS("vmm", "{net{net0.fd}}", "{net0.fd{net0.fd}"), &one, 1,
		"vmm '{net5}' '{net0.fd5'");
}

static void a_placeholder_that_nothing_can_fill_is_refused(void **state)
{
	struct card cards[2] = { card("br0,queues=2", 5), card("br1", 20) };

	(void)state;
	refused(ARGUMENTS("vmm", "{net2.fd}"), cards, 2, "{net2.fd}: no such card");
	refused(ARGUMENTS("vmm", "{net18446744073709551616.fd}"), cards, 2, "no such card");
	refused(ARGUMENTS("vmm", "{net0.fd}"), cards, 2, "more than one queue");
	refused(ARGUMENTS("vmm", "{net1.vhostfds}"), cards, 2, "no vhost");
	refused(ARGUMENTS("vmm", "{net1.nonsense}"), cards, 2, "not known");
	refused(ARGUMENTS("vmm", "{net1.}"), cards, 2, "not known");
}

static void a_name_that_is_not_known_yet_stays_a_placeholder(void **state)
{
	struct card one = card("br0", 5);

	(void)state;
	one.tap.tap[0] = '\0';
	becomes(ARGUMENTS("vmm", "{net0.ifname}:{net0.fd}"), &one, 1, "vmm '{net0.ifname}:5'");
}

static void a_program_that_wants_the_address_is_noticed(void **state)
{
	(void)state;
	assert_true(launch_names(ARGUMENTS("vmm", "a", "{net0.fd},{net1.mac}"), 1, "mac"));
	assert_false(launch_names(ARGUMENTS("vmm", "{net0.fd},{net1.mac}"), 0, "mac"));
	assert_false(launch_names(ARGUMENTS("vmm", "{net0.macs}"), 0, "mac"));
}

static void attack_43_a_shell_reads_back_every_word(void **state)
{
	static const char *const words[][2] = {
		{ "plain-1.2_x,y=z:/@%+", "plain-1.2_x,y=z:/@%+" },
		{ "", "''" },
		{ "two words", "'two words'" },
		{ "it's", "'it'\\''s'" },
		{ "'", "''\\'''" },
		{ "$(reboot)`x`;&|<>*?[]{}~!#\\\"", "'$(reboot)`x`;&|<>*?[]{}~!#\\\"'" },
		{ "a\nb", "'a\nb'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		char *quoted = text_shell_quote(words[i][0]);

		assert_string_equal(quoted, words[i][1]);
		free(quoted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(qemu_gets_a_netdev_and_a_device),
		cmocka_unit_test(a_newer_qemu_gets_json),
		cmocka_unit_test(names_that_are_taken_are_passed_over),
		cmocka_unit_test(queues_bring_mq_and_vectors_for_cards_that_have_them),
		cmocka_unit_test(placeholders_are_replaced_and_nothing_is_added),
		cmocka_unit_test(what_looks_like_a_placeholder_and_is_none_stays),
		cmocka_unit_test(a_placeholder_that_nothing_can_fill_is_refused),
		cmocka_unit_test(a_name_that_is_not_known_yet_stays_a_placeholder),
		cmocka_unit_test(a_program_that_wants_the_address_is_noticed),
		cmocka_unit_test(attack_43_a_shell_reads_back_every_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
