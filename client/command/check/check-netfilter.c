/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant check: whether the host's packet filter judges frames that only cross a bridge.
 * With br_netfilter they go through iptables' FORWARD, which Docker sets to DROP.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/check/netfilter.h"
#include "client/command/common/bridges.h"
#include "client/command/common/tree.h"

#define CALLS "/proc/sys/net/bridge/bridge-nf-call-"

/* The rules of a chain; what does not work has none. program: iptables or ip6tables. */
static void list_chain(const char *program, const char *chain, struct capture *capture)
{
	netfilter_run(capture, program, "-w", "-S", chain);
	if (capture->end != CAPTURE_EXITED || capture->status != 0)
		capture->text[0] = '\0';
}

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

/* By name, or with all that crosses a bridge. */
static int accepts(const char *text, const char *bridge)
{
	char *pairs[] = { text_format("-i %s -o %s -j ACCEPT\n", bridge, bridge),
			  text_format("-i %s -j ACCEPT\n", bridge) };
	int found = strstr(text, pairs[0]) != NULL || strstr(text, pairs[1]) != NULL ||
		    strstr(text, "--physdev-is-bridged -j ACCEPT\n") != NULL;

	free(pairs[0]);
	free(pairs[1]);
	return found;
}

/* By its policy, as Docker and ufw do, or by a last rule, as Red Hat's file did for long. */
static int drops(const char *forward)
{
	return strstr(forward, "-P FORWARD DROP\n") != NULL ||
	       strstr(forward, "-A FORWARD -j DROP\n") != NULL ||
	       strstr(forward, "-A FORWARD -j REJECT") != NULL;
}

static void check_chains(struct check *check, const struct words *bridges, const char *program)
{
	struct capture forward, docker;
	const char *chain;

	list_chain(program, "FORWARD", &forward);
	list_chain(program, "DOCKER-USER", &docker);
	if (!drops(forward.text))
		return;
	chain = docker.text[0] != '\0' ? "DOCKER-USER" : "FORWARD";
	for (size_t i = 0; i < bridges->count; i++) {
		const char *bridge = bridges->items[i];
		char *quoted;

		if (accepts(forward.text, bridge) || accepts(docker.text, bridge) ||
		    bridge_is_for_containers(bridge))
			continue;
		quoted = text_shell_quote(bridge);
		check_add(check, CHECK_WARN,
			  text_format("bridge %s: %s drops what guests send across it "
				      "(br_netfilter, chain FORWARD)", bridge, program),
			  text_format("sudo %s -I %s -i %s -o %s -j ACCEPT", program, chain, quoted,
				      quoted));
		free(quoted);
	}
}

/* Only root may look at the rules; whose rules drop is known. */
static void guess(struct check *check)
{
	const char *who = tree_exists(check->root, "/sys/class/net/docker0") ? "Docker is here"
			  : netfilter_has_firewalld(check) ? "firewalld runs" : NULL;

	if (who != NULL)
		check_add(check, CHECK_WARN,
			  text_format("bridges: br_netfilter is on and %s: their frames may be "
				      "dropped", who),
			  text_format("sudo vmgrant check --user %s", check->user));
	else
		check_add(check, CHECK_INFO,
			  text_format("bridges: br_netfilter is on: iptables judges their frames"),
			  NULL);
}

static void look(struct check *check, const struct words *bridges,
		 const struct netfilter_calls *calls)
{
	if (calls->has_ip)
		check_chains(check, bridges, "iptables");
	if (calls->has_ip6)
		check_chains(check, bridges, "ip6tables");
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
