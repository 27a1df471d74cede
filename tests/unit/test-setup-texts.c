/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What vmgrant setup makes of other software's configuration of a card. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "client/command/setup/network/interfaces-text.h"
#include "client/command/setup/network/network-text.h"
#include "client/command/setup/network/nm-profile.h"

static const struct bridge_plan plan = { .bridge = "br0",
					 .card = "eth0",
					 .mac = "02:00:00:00:00:01" };

#define PORT                                                                                       \
	"    bridge_ports eth0\n    bridge_hw 02:00:00:00:00:01\n    bridge_stp off\n"             \
	"    bridge_fd 0\n"

static void moves_to(const char *before, const char *after)
{
	const char *why;
	char *text = interfaces_text_move(before, &plan, &why);

	if (text == NULL)
		fail_msg("%s: %s", before, why);
	assert_string_equal(text, after);
	free(text);
}

static void stays(const char *before, const char *reason)
{
	const char *why = NULL;
	char *text = interfaces_text_move(before, &plan, &why);

	if (text != NULL)
		fail_msg("%s: is taken", before);
	assert_non_null(strstr(why, reason));
}

/* ---- interfaces(5) ---- */

static void the_bridge_gets_the_cards_lines(void **state)
{
	(void)state;
	moves_to("auto eth0\niface eth0 inet dhcp\n",
		 "auto br0\niface eth0 inet manual\n\niface br0 inet dhcp\n" PORT);
	moves_to("allow-hotplug eth0\niface eth0 inet dhcp  \n\n# 6\niface eth0 inet6 auto\n",
		 "auto br0\niface eth0 inet manual\n\niface br0 inet dhcp  \n" PORT
		 "\n# 6\niface br0 inet6 auto\n");
	moves_to("\tiface\teth0 inet static\n\t\taddress 192.0.2.2/24",
		 "iface eth0 inet manual\n\n\tiface\tbr0 inet static\n" PORT
		 "\t\taddress 192.0.2.2/24\n");
}

static void lines_of_others_stay_as_they_are(void **state)
{
	static const char text[] = "# eth0 is elsewhere\nauto lo eth1\niface lo inet loopback\n"
				   "iface eth1 inet static\n\thwaddress 02:00:00:00:00:09\n"
				   "\tup echo \\\n\t  eth00 xeth0 eth0x\n\nsource-directory x\n";

	(void)state;
	moves_to(text, text);
	moves_to("", "");
}

static void what_cannot_be_carried_over_is_said(void **state)
{
	static const char start[] = "iface eth0 inet static\n";
	static const char *const options[] = { "hwaddress ether 02:00:00:00:00:09",
					       "mtu 9000",
					       "inherits x",
					       "bond-master bond0",
					       "bridge_ports none",
					       "wpa-ssid x",
					       "ethernet-wol g",
					       "link-speed 100",
					       "offload-tx off" };

	(void)state;
	for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
		char *text = text_format("%s\taddress 192.0.2.2/24\n  %s\n", start, options[i]);

		stays(text, "an option of it");
		free(text);
	}
	stays("iface eth0 inet ppp\n", "not static");
	stays("iface eth0 inet\n", "not static");
	stays("iface eth0 inet dhcp inherits x\n", "not static");
	stays("auto lo eth0\n", "another line");
	stays("auto eth0 lo\n", "together with others");
	stays("iface eth0 inet static\n\taddress \\\n192.0.2.2\n", "goes on");
	stays("auto \\\neth0\n", "another line");
	stays("mapping eth0\n\tscript x\n", "another line");
	stays("iface eth0.5 inet manual\n", "another line");
	stays("iface eth1 inet manual\n\tvlan-raw-device eth0\n", "another line");
	stays("iface eth0 inet static\n\tup ip link set eth0 up\n", "another line");
	stays("allow-lab eth0\n", "another line");
	stays("iface br0 inet manual\n", "names the bridge");
	stays("iface x inet manual\n\tbridge_ports br0 y\n", "names the bridge");
}

static void files_that_are_named_are_found(void **state)
{
	const char *rest =
		"source\n source /etc/x*\nsources y\nsource-directory\tz # no\n#source a\n";
	int is_directory;
	char *name = interfaces_text_source(&rest, &is_directory);

	(void)state;
	assert_string_equal(name, "/etc/x*");
	assert_false(is_directory);
	free(name);
	name = interfaces_text_source(&rest, &is_directory);
	assert_string_equal(name, "z");
	assert_true(is_directory);
	free(name);
	assert_null(interfaces_text_source(&rest, &is_directory));
	assert_int_equal(
		interfaces_text_count("iface eth0 x\niface eth00 y\n iface eth0\n", "eth0"), 2);
}

static void a_bridge_between_guests_has_no_card(void **state)
{
	const struct bridge_plan alone = { .bridge = "br0", .mac = "02:00:00:00:00:01" };
	char *text = interfaces_text_guests(&alone);

	(void)state;
	assert_string_equal(text, "auto br0\niface br0 inet manual\n    bridge_ports none\n"
				  "    bridge_hw 02:00:00:00:00:01\n    bridge_stp off\n"
				  "    bridge_fd 0\n");
	free(text);
}

/* ---- systemd-networkd ---- */

static void networkd_is(const char *text, const char *bridge, const char *port)
{
	char *of_bridge = network_text_for(text, "br0"), *of_port = network_text_of_port(text);

	assert_string_equal(of_bridge, bridge);
	assert_string_equal(of_port, port);
	free(of_bridge);
	free(of_port);
}

static void the_card_keeps_its_mtu(void **state)
{
	(void)state;
	networkd_is(
		"[Match]\nName=eth0\n\n[Link]\nMACAddress = 02:00:00:00:00:01\n MTUBytes = 9000\n"
		"# MTUBytes=1\n[Network]\nDHCP=yes\n",
		"[Match]\nName=br0\n\n[Link]\n MTUBytes = 9000\n# MTUBytes=1\n[Network]\n"
		"DHCP=yes\n",
		"\n[Link]\n MTUBytes = 9000\n");
	networkd_is("[Match]\nName=eth0\n[Route]\nMTUBytes=1400\n",
		    "[Match]\nName=br0\n\n[Route]\nMTUBytes=1400\n", "");
	networkd_is("", "[Match]\nName=br0\n\n", "");
}

/* ---- NetworkManager ---- */

static void only_what_somebody_chose_is_carried(void **state)
{
	static const char text[] =
		"connection.id:office\nconnection.zone:\n"
		"ipv4.method:auto\nipv4.dns:192.0.2.1,192.0.2.2\nipv4.may-fail:yes\n"
		"ipv4.never-default:yes\nipv4.new-one:-1\nipv4.dhcp-send-hostname-deprecated:yes\n"
		"ipv4.dhcp-send-hostname:-1\nipv4.dhcp-hostname:\n"
		"ipv4.route-metric:0\nipv4.dad-timeout:-1\nipv4.dns-priority:0\n"
		"connection.mdns:0\nconnection.metered:no\nconnection.llmnr:-1\n"
		"ipv6.method:ignore\nipv6.may-fail:no\nipv6.dhcp-send-hostname:no\n"
		"ipv6.addr-gen-mode:default-or-eui64\nipv6.token:::1:2\n"
		"802-3-ethernet.wake-on-lan:\n802-3-ethernet.mtu:auto\n"
		"802-3-ethernet.speed:0\nipv4.link-local:0\nipv6.x";
	static const char *const wanted[] = { "ipv4.",
					      "ipv6.",
					      "connection.zone",
					      "connection.mdns",
					      "connection.llmnr",
					      "connection.metered",
					      "802-3-ethernet.",
					      NULL };
	static const char *const expected[] = {
		"ipv4.method",
		"auto",
		"ipv4.dns",
		"192.0.2.1,192.0.2.2",
		"ipv4.never-default",
		"yes",
		"ipv4.route-metric",
		"0",
		"connection.mdns",
		"0",
		"connection.metered",
		"no",
		"ipv6.method",
		"ignore",
		"ipv6.may-fail",
		"no",
		"ipv6.dhcp-send-hostname",
		"no",
		"ipv6.addr-gen-mode",
		"default-or-eui64",
		"ipv6.token",
		"::1:2",
		"802-3-ethernet.wake-on-lan",
		"0",
	};
	struct words words = { 0 };

	(void)state;
	nm_profile_carry(&words, text, wanted);
	assert_int_equal(words.count, sizeof expected / sizeof expected[0]);
	for (size_t i = 0; i < words.count; i++)
		assert_string_equal(words.items[i], expected[i]);
	words_release(&words);
}

static void what_follows_another_setting_is_left_open(void **state)
{
	static const char *const wanted[] = { "802-3-ethernet.", "ipv4.", "ipv6.", NULL };
	static const char text[] =
		"802-3-ethernet.wake-on-lan:default\n"
		"ipv6.addr-gen-mode:default\nipv4.dad-timeout:-1\nipv6.ip6-privacy:-1\n";
	struct words words = { 0 };

	(void)state;
	nm_profile_carry(&words, text, wanted);
	assert_int_equal(words.count, 0);
	words_release(&words);
}

static void what_would_be_lost_is_found(void **state)
{
	static const char *const known[] = { "ipv4.", "connection.id", NULL };
	char *other;

	(void)state;
	assert_null(nm_profile_other(
		"connection.id:office\nipv4.dns:192.0.2.1\ntc.qdiscs:\nsriov.total-vfs:0\n"
		"GENERAL.NAME:office\nIP4.DNS[1]:192.0.2.1\nno colon",
		known));
	other = nm_profile_other("connection.id:office\nethtool.feature-tso:off\n", known);
	assert_string_equal(other, "ethtool.feature-tso");
	free(other);
	other = nm_profile_other("connection.mdns:-1\nconnection.llmnr:0\n", known);
	assert_string_equal(other, "connection.llmnr");
	free(other);
}

static void properties_are_found_by_their_whole_name(void **state)
{
	static const char text[] = "connection.type:bridge\nconnection.zone:\n802-1x.eap:peap";
	char *value = nm_profile_value(text, "connection.type");

	(void)state;
	assert_string_equal(value, "bridge");
	free(value);
	assert_null(nm_profile_value(text, "connection.zone"));
	assert_null(nm_profile_value(text, "connection.typ"));
	assert_null(nm_profile_value(text, "type"));
	assert_true(nm_profile_has(text, "802-1x"));
	assert_false(nm_profile_has(text, "802-1"));
	assert_false(nm_profile_has("", "802-1x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bridge_gets_the_cards_lines),
		cmocka_unit_test(lines_of_others_stay_as_they_are),
		cmocka_unit_test(what_cannot_be_carried_over_is_said),
		cmocka_unit_test(files_that_are_named_are_found),
		cmocka_unit_test(a_bridge_between_guests_has_no_card),
		cmocka_unit_test(only_what_somebody_chose_is_carried),
		cmocka_unit_test(the_card_keeps_its_mtu),
		cmocka_unit_test(what_follows_another_setting_is_left_open),
		cmocka_unit_test(what_would_be_lost_is_found),
		cmocka_unit_test(properties_are_found_by_their_whole_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
