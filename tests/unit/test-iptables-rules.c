/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant check: which rules of iptables drop what crosses a bridge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "client/command/check/netfilter/iptables-rules.h"
#include "client/text/text.h"

#define BRIDGE "br0"

/* With the policy DROP, and with a last rule that drops. */
static void assert_drops(const char *rules, int wanted)
{
	char *by_policy = text_format("-P FORWARD DROP\n-N MINE\n%s", rules);
	char *by_rule = text_format("-P FORWARD ACCEPT\n-N MINE\n%s"
				    "-A FORWARD -j REJECT --reject-with icmp-host-prohibited\n", rules);

	assert_int_equal(iptables_drops(by_policy, BRIDGE), wanted);
	assert_int_equal(iptables_drops(by_rule, BRIDGE), wanted);
	free(by_policy);
	free(by_rule);
}

static void what_every_frame_meets_decides(void **state)
{
	static const char *const passing[] = {
		"-A FORWARD -i br0 -j ACCEPT\n",
		"-A FORWARD -i br0 -o br0 -j ACCEPT\n",
		"-A FORWARD -o br0 -j ACCEPT\n",
		"-A FORWARD -i br+ -o br+ -j ACCEPT\n",
		"-A FORWARD -i + -j ACCEPT\n",
		"-A FORWARD -j ACCEPT\n",
		"-A FORWARD -m physdev  --physdev-is-bridged -j ACCEPT\n",
		"-A FORWARD -i br0 -m comment --comment \"guests \\\"-j DROP\\\"\" -j ACCEPT\n",
		"-A FORWARD -m comment --comment guests -i br0 -j ACCEPT\n",
		"-A FORWARD -j MINE\n-A MINE -i br0 -o br0 -j ACCEPT\n",
		"-A FORWARD -g MINE\n-A MINE -j ACCEPT\n",
		"-A FORWARD -j MINE\n-A MINE -j RETURN\n-A MINE -j DROP\n-A FORWARD -j ACCEPT\n",
		"-A FORWARD -i br1 -j DROP\n-A FORWARD -i br0 -j ACCEPT\n",
	};
	static const char *const dropping[] = {
		"",
		"-A FORWARD -i br1 -o br1 -j ACCEPT\n",
		"-A FORWARD -i br0 -o br1 -j ACCEPT\n",
		"-A FORWARD -i br0+ -o eth+ -j ACCEPT\n",
		"-A FORWARD ! -i br0 -j ACCEPT\n",
		"-A FORWARD -i br0 ! -o br0 -j ACCEPT\n",
		"-A FORWARD -i br0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n",
		"-A FORWARD -s 10.0.0.0/8 -i br0 -j ACCEPT\n",
		"-A FORWARD -i br0 -p tcp -j ACCEPT\n",
		"-A FORWARD -j DROP\n-A FORWARD -i br0 -j ACCEPT\n",
		"-A FORWARD -j MINE\n-A MINE -i br0 -j DROP\n-A FORWARD -j ACCEPT\n",
		"-A FORWARD -j MINE\n-A MINE -j RETURN\n-A MINE -j ACCEPT\n",
		"-A INPUT -i br0 -j ACCEPT\n",
		"-A FORWARD -m comment --comment \"-j ACCEPT\"\n",
		"-A FORWARD -j LOG --log-prefix \"x -j ACCEPT\"\n",
		"-A FORWARD -j MINE\n-A MINE -j MINE\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++)
		assert_drops(passing[i], 0);
	for (size_t i = 0; i < sizeof dropping / sizeof dropping[0]; i++)
		assert_drops(dropping[i], 1);
}

static void what_nothing_drops_passes(void **state)
{
	(void)state;
	assert_int_equal(iptables_drops("", BRIDGE), 0);
	assert_int_equal(iptables_drops("-P FORWARD ACCEPT\n", BRIDGE), 0);
	assert_int_equal(iptables_drops("-P FORWARD ACCEPT\n-A FORWARD -i br1 -j DROP\n", BRIDGE), 0);
	assert_int_equal(iptables_drops("-P FORWARD ACCEPT\n-A FORWARD -i br0 -j DROP\n", BRIDGE), 1);
	assert_int_equal(iptables_drops("-P FORWARD ACCEPT\n-A FORWARD -s 10.0.0.1/32 -j DROP\n",
					BRIDGE), 0);
	/* Cut off within a word, a name or a text in quotes. */
	assert_int_equal(iptables_drops("-P FORWARD ACCEPT\n-A FORWARD -i", BRIDGE), 0);
	assert_int_equal(iptables_drops("-P FORWARD ACCEPT\n-A FORWARD -m comment --comment \"a\\", BRIDGE),
			 0);
	assert_int_equal(iptables_drops("-P FORWARD ACCEPT\n-A FORWARD -j", BRIDGE), 0);
}

/* Debian 12 with Docker and libvirt: of virbr0 libvirt's chain takes care, of br0 nobody. */
static void dockers_and_libvirts_rules_together(void **state)
{
	static const char rules[] =
		"-P INPUT ACCEPT\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n-N DOCKER\n"
		"-N DOCKER-ISOLATION-STAGE-1\n-N DOCKER-ISOLATION-STAGE-2\n-N DOCKER-USER\n"
		"-N LIBVIRT_FWI\n-N LIBVIRT_FWO\n-N LIBVIRT_FWX\n"
		"-A FORWARD -j DOCKER-USER\n-A FORWARD -j DOCKER-ISOLATION-STAGE-1\n"
		"-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n"
		"-A FORWARD -o docker0 -j DOCKER\n-A FORWARD -i docker0 ! -o docker0 -j ACCEPT\n"
		"-A FORWARD -i docker0 -o docker0 -j ACCEPT\n"
		"-A FORWARD -j LIBVIRT_FWX\n-A FORWARD -j LIBVIRT_FWI\n-A FORWARD -j LIBVIRT_FWO\n"
		"-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2\n"
		"-A DOCKER-ISOLATION-STAGE-1 -j RETURN\n"
		"-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP\n"
		"-A DOCKER-ISOLATION-STAGE-2 -j RETURN\n-A DOCKER-USER -j RETURN\n"
		"-A LIBVIRT_FWI -d 192.168.122.0/24 -o virbr0 -m conntrack --ctstate RELATED,"
		"ESTABLISHED -j ACCEPT\n"
		"-A LIBVIRT_FWI -o virbr0 -j REJECT --reject-with icmp-port-unreachable\n"
		"-A LIBVIRT_FWO -s 192.168.122.0/24 -i virbr0 -j ACCEPT\n"
		"-A LIBVIRT_FWO -i virbr0 -j REJECT --reject-with icmp-port-unreachable\n"
		"-A LIBVIRT_FWX -i virbr0 -o virbr0 -j ACCEPT\n";

	(void)state;
	assert_int_equal(iptables_drops(rules, "virbr0"), 0);
	assert_int_equal(iptables_drops(rules, "br0"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_every_frame_meets_decides),
		cmocka_unit_test(what_nothing_drops_passes),
		cmocka_unit_test(dockers_and_libvirts_rules_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
