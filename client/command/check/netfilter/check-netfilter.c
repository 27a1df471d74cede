/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant check: whether the host's packet filter judges frames that only cross a bridge.
 * With br_netfilter they go through iptables' FORWARD, which Docker sets to DROP.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/check/netfilter/iptables-rules.h"
#include "client/command/check/netfilter/netfilter.h"
#include "client/command/machine/bridges.h"
#include "client/command/machine/tree.h"
#include "client/text/message.h"

#define CALLS "/proc/sys/net/bridge/bridge-nf-call-"

void netfilter_run(struct capture *capture, const char *program, const char *first,
		   const char *second, const char *third)
{
	const char *const words[] = { program, first, second, third };
	char *argv[5] = { NULL };

	for (size_t i = 0; i < 4 && words[i] != NULL; i++)
		argv[i] = text_format("%s", words[i]);
	capture_run(argv, NETFILTER_TIMEOUT_MS, capture);
	for (size_t i = 0; argv[i] != NULL; i++)
		free(argv[i]);
}

static void add_dropping(struct check *check, const char *bridge, const char *program,
			 const char *chain)
{
	char *what = text_format(_("bridge %s: %s drops what guests send across it "
				   "(br_netfilter, chain FORWARD)"),
				 bridge, program);
	char *quoted = text_shell_quote(bridge);

	/* At the end of a name that means whatever follows: too much would be let pass. */
	if (bridge[strlen(bridge) - 1] == '+')
		check_advise(
			check, CHECK_WARN, what,
			text_format(_("rename the bridge: no rule of %s can name one that ends "
				      "in +"),
				    program));
	else
		check_add(check, CHECK_WARN, what,
			  text_format("sudo %s -I %s -i %s -o %s -j ACCEPT", program, chain, quoted,
				      quoted));
	free(quoted);
}

static void check_rules(struct check *check, const struct words *bridges, const char *program)
{
	struct capture rules;
	const char *chain;

	netfilter_run(&rules, program, "-w", "-S", NULL);
	if (rules.end != CAPTURE_EXITED || rules.status != 0)
		return;
	chain = strstr(rules.text, "-A FORWARD -j DOCKER-USER\n") != NULL ? "DOCKER-USER" : "FORWARD";
	for (size_t i = 0; i < bridges->count; i++) {
		if (!bridge_is_for_containers(bridges->items[i]) &&
		    iptables_drops(rules.text, bridges->items[i]))
			add_dropping(check, bridges->items[i], program, chain);
	}
}

/* Only root may look at the rules; whose rules drop is known. */
static void guess(struct check *check)
{
	const char *who = tree_exists(check->root, "/sys/class/net/docker0") ? _("Docker is here")
			  : netfilter_has_firewalld(check)                   ? _("firewalld runs")
									     : NULL;

	if (who != NULL)
		check_add(check, CHECK_WARN,
			  text_format(_("bridges: br_netfilter is on and %s: their frames may be "
					"dropped"),
				      who),
			  text_format("sudo vmgrant check --user %s", check->user));
	else
		check_add(
			check, CHECK_INFO,
			text_format(_("bridges: br_netfilter is on: iptables judges their frames")),
			NULL);
}

static void look(struct check *check, const struct words *bridges,
		 const struct netfilter_calls *calls)
{
	if (calls->has_ip)
		check_rules(check, bridges, "iptables");
	if (calls->has_ip6)
		check_rules(check, bridges, "ip6tables");
	if ((calls->has_ip || calls->has_ip6) && netfilter_has_firewalld(check))
		netfilter_check_firewalld(check, bridges);
	netfilter_check_nftables(check, bridges, calls);
}

void check_netfilter(struct check *check)
{
	const struct netfilter_calls calls = {
		.has_ip = tree_number(check->root, CALLS "iptables") == 1,
		.has_ip6 = tree_number(check->root, CALLS "ip6tables") == 1,
	};
	struct words bridges;

	if (bridges_find(&bridges) == 0 && bridges.count > 0) {
		if (check->is_root)
			look(check, &bridges, &calls);
		else if (calls.has_ip || calls.has_ip6)
			guess(check);
	}
	words_release(&bridges);
}
