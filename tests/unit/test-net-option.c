/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The words of --net, and addresses of cards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "client/command/kind/bridge/net-option.h"

static struct net_option parsed(const char *text)
{
	struct net_option option;
	char why[256] = "";

	if (net_option_parse(text, &option, why, sizeof why) < 0)
		fail_msg("%s: %s", text, why);
	return option;
}

static void refused(const char *text, const char *reason)
{
	struct net_option option;
	char why[256] = "";

	assert_int_equal(net_option_parse(text, &option, why, sizeof why), -1);
	if (strstr(why, reason) == NULL)
		fail_msg("%s: %s", text, why);
}

static void a_bridge_alone_is_enough(void **state)
{
	struct net_option option = parsed("br0");

	(void)state;
	assert_string_equal(option.bridge, "br0");
	assert_int_equal(option.queues, 1);
	assert_int_equal(option.vhost, NET_OPTION_VHOST_OFF);
	assert_int_equal(option.has_mac, 0);
	assert_int_equal(option.vnet, NET_OPTION_VNET_ON);
	/* Which one fits is the machine's to say. */
	assert_string_equal(option.model, "");
	assert_string_equal(option.id, "");
}

static void all_options_are_taken_in_any_order(void **state)
{
	struct net_option option = parsed("br-lab,id=lan.0,mac=52:54:00:aB:Cd:ef,vhost=on,"
					  "queues=16,model=virtio-net-pci-non-transitional,bus=rp.1");
	static const uint8_t mac[6] = { 0x52, 0x54, 0x00, 0xab, 0xcd, 0xef };

	(void)state;
	assert_string_equal(option.bridge, "br-lab");
	assert_int_equal(option.queues, 16);
	assert_int_equal(option.vhost, NET_OPTION_VHOST_ON);
	assert_int_equal(option.has_mac, 1);
	assert_memory_equal(option.mac, mac, sizeof mac);
	assert_string_equal(option.id, "lan.0");
	assert_string_equal(option.bus, "rp.1");
	assert_int_equal(net_option_vectors(&option), 34);
	assert_true(net_option_is_virtio(&option));
	option = parsed("123456789012345,vhost=off,model=e1000");
	assert_int_equal(option.vhost, NET_OPTION_VHOST_OFF);
	assert_false(net_option_is_virtio(&option));
}

static void every_name_of_a_virtio_card_may_have_queues(void **state)
{
	static const char *const virtio[] = {
		"virtio-net", "virtio-net-pci", "virtio-net-device", "virtio-net-ccw",
		"virtio-net-pci-transitional", "virtio-net-pci-non-transitional",
	};
	static const char *const others[] = { "e1000e", "virtio-network", "virtio", "usb-net" };
	struct net_option option;
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof virtio / sizeof virtio[0]; i++) {
		(void)snprintf(text, sizeof text, "br0,queues=4,model=%s", virtio[i]);
		option = parsed(text);
		assert_true(net_option_is_virtio(&option));
		/* Interrupts are counted on PCI alone. */
		assert_int_equal(net_option_vectors(&option),
				 strstr(virtio[i], "-pci") == NULL ? 0 : 10);
	}
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		(void)snprintf(text, sizeof text, "br0,model=%s", others[i]);
		option = parsed(text);
		assert_false(net_option_is_virtio(&option));
	}
}

static void the_header_can_be_left_out(void **state)
{
	(void)state;
	assert_int_equal(parsed("br0,vnet=off").vnet, NET_OPTION_VNET_OFF);
	assert_int_equal(parsed("br0,vnet=on").vnet, NET_OPTION_VNET_ON);
	refused("br0,vnet=no", "must be on or off");
	refused("br0,vnet=off,vnet=off", "given twice");
}

static void attack_17_a_bridge_name_is_never_cut(void **state)
{
	(void)state;
	refused("", "not a bridge name");
	refused(",queues=1", "not a bridge name");
	refused("1234567890123456", "not a bridge name");
	refused("1234567890123456,queues=1", "not a bridge name");
}

static void attack_33_numbers_of_queues_that_nobody_can_have_are_refused(void **state)
{
	(void)state;
	refused("br0,queues=0", "1 to 16");
	refused("br0,queues=17", "1 to 16");
	refused("br0,queues=256", "1 to 16");
	refused("br0,queues=-1", "1 to 16");
	refused("br0,queues=+1", "1 to 16");
	refused("br0,queues=4x", "1 to 16");
	refused("br0,queues=", "1 to 16");
	refused("br0,queues=99999999999999999999", "1 to 16");
}

static void what_is_not_an_option_is_refused(void **state)
{
	(void)state;
	refused("br0,", "not known");
	refused("br0,queue=1", "not known");
	refused("br0,queuess=1", "not known");
	refused("br0,Queues=1", "not known");
	refused("br0,queues", "needs a value");
	refused("br0,queues=1,queues=1", "given twice");
	refused("br0,vhost=yes", "on or off");
	refused("br0,vhost=", "on or off");
	refused("br0,id=", "begin with a letter");
	refused("br0,id=0", "begin with a letter");
	refused("br0,id=a b", "begin with a letter");
	refused("br0,model=a;b", "not a name");
	refused("br0,model=", "not a name");
	refused("br0,bus=", "not a name");
	refused("br0,bus=pcie.0/1", "not a name");
}

static void addresses_that_no_card_has_are_refused(void **state)
{
	static const char *const texts[] = {
		"br0,mac=", "br0,mac=52:54:00:00:00", "br0,mac=52:54:00:00:00:00:00",
		"br0,mac=52-54-00-00-00-00", "br0,mac=5g:54:00:00:00:00", "br0,mac=525400000000",
		"br0,mac=01:00:5e:00:00:01", "br0,mac=ff:ff:ff:ff:ff:ff",
		"br0,mac=00:00:00:00:00:00",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		refused(texts[i], "address of one card");
}

static void a_derived_address_is_stable_local_and_differs(void **state)
{
	uint8_t first[6], again[6], other[6];
	char text[NET_OPTION_MAC_TEXT_SIZE];

	(void)state;
	net_option_derive_mac(first, "seed", 4);
	net_option_derive_mac(again, "seed", 4);
	net_option_derive_mac(other, "seee", 4);
	assert_memory_equal(first, again, 6);
	assert_memory_not_equal(first, other, 6);
	assert_memory_equal(first, "\x52\x54\x00", 3);
	assert_memory_equal(net_option_format_mac(text, first), "52:54:00:", 9);
	assert_int_equal(strlen(text), 17);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bridge_alone_is_enough),
		cmocka_unit_test(all_options_are_taken_in_any_order),
		cmocka_unit_test(every_name_of_a_virtio_card_may_have_queues),
		cmocka_unit_test(the_header_can_be_left_out),
		cmocka_unit_test(attack_17_a_bridge_name_is_never_cut),
		cmocka_unit_test(attack_33_numbers_of_queues_that_nobody_can_have_are_refused),
		cmocka_unit_test(what_is_not_an_option_is_refused),
		cmocka_unit_test(addresses_that_no_card_has_are_refused),
		cmocka_unit_test(a_derived_address_is_stable_local_and_differs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
