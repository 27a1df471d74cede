/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant check: whether a chain of nftables drops what crosses a bridge: one of the family
 * bridge always, one of ip or inet where br_netfilter shows it that. Chains of iptables' and
 * firewalld's are looked at by their own programs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/check/netfilter/netfilter.h"
#include "client/command/machine/bridges.h"
#include "client/text/message.h"

struct chain {
	char family[16], table[64], name[64];
};

/* What follows a word at the beginning of a line, or NULL. */
static const char *word_after(const char *line, const char *before)
{
	size_t length = strlen(before);

	line += strspn(line, "\t ");
	return strncmp(line, before, length) == 0 ? line + length : NULL;
}

/* Returns what follows the word. */
static const char *take_word(const char *text, char *word, size_t size)
{
	size_t length = strcspn(text, " {\n");

	(void)snprintf(word, size, "%.*s", (int)length, text);
	return text + length + strspn(text + length, " ");
}

static int is_others(const struct chain *chain)
{
	return strcmp(chain->name, "FORWARD") == 0 || strcmp(chain->table, "firewalld") == 0;
}

static int can_see_bridges(const struct chain *chain, const struct netfilter_calls *calls)
{
	if (strcmp(chain->family, "inet") == 0)
		return calls->has_ip || calls->has_ip6;
	return strcmp(chain->family, "bridge") == 0 ||
	       (strcmp(chain->family, "ip") == 0 && calls->has_ip) ||
	       (strcmp(chain->family, "ip6") == 0 && calls->has_ip6);
}

/* A line with "br0" in quotes, or with "br*". */
static int names(const char *line, const char *bridge)
{
	for (const char *at = line; (at = strchr(at, '"')) != NULL;) {
		size_t length = strcspn(++at, "\"");

		if (length > 0 && at[length - 1] == '*' && strncmp(at, bridge, length - 1) == 0)
			return 1;
		if (length == strlen(bridge) && memcmp(at, bridge, length) == 0)
			return 1;
		at += length + (at[length] != '\0');
	}
	return 0;
}

/* A rule that accepts something and names the bridge is taken for that one. */
static int accepts(const struct chain *chain, const char *bridge)
{
	char *chain_words = text_format("%s %s", chain->family, chain->table);
	char *rest;
	struct capture capture;
	int found = 0;

	netfilter_run(&capture, "nft", "list table", chain_words, NULL);
	rest = capture.text;
	for (char *line; !found && (line = capture_next_line(&rest)) != NULL;)
		found = names(line, bridge) && strstr(line, " accept") != NULL;
	free(chain_words);
	return found;
}

static void add_dropping(struct check *check, const struct chain *chain, const char *bridge)
{
	int is_bridge = strcmp(chain->family, "bridge") == 0;
	char *rule = text_format("insert rule %s %s %s %s \"%s\" %s \"%s\" accept", chain->family,
				 chain->table, chain->name, is_bridge ? "ibrname" : "iifname", bridge,
				 is_bridge ? "obrname" : "oifname", bridge);
	char *quoted = text_shell_quote(rule);

	check_add(check, CHECK_WARN,
		  text_format(
			  _("bridge %s: nftables drops what guests send across it (%s%s %s, chain "
			    "%s)"),
			  bridge, is_bridge ? "" : "br_netfilter, ", chain->family, chain->table,
			  chain->name),
		  text_format("sudo nft %s", quoted));
	free(quoted);
	free(rule);
}

static void check_chain(struct check *check, const struct words *bridges,
			const struct chain *chain)
{
	for (size_t i = 0; i < bridges->count; i++) {
		if (!bridge_is_for_containers(bridges->items[i]) &&
		    !accepts(chain, bridges->items[i]))
			add_dropping(check, chain, bridges->items[i]);
	}
}

void netfilter_check_nftables(struct check *check, const struct words *bridges,
			      const struct netfilter_calls *calls)
{
	struct chain chain = { 0 };
	struct capture capture;
	char *rest;

	netfilter_run(&capture, "nft", "list chains", NULL, NULL);
	if (capture.end != CAPTURE_EXITED || capture.status != 0)
		return;
	rest = capture.text;
	for (char *line; (line = capture_next_line(&rest)) != NULL;) {
		const char *word = word_after(line, "table ");

		if (word != NULL) {
			word = take_word(word, chain.family, sizeof chain.family);
			(void)take_word(word, chain.table, sizeof chain.table);
		} else if ((word = word_after(line, "chain ")) != NULL) {
			(void)take_word(word, chain.name, sizeof chain.name);
		} else if (word_after(line, "type filter hook forward ") != NULL &&
			   strstr(line, "policy drop;") != NULL && !is_others(&chain) &&
			   can_see_bridges(&chain, calls)) {
			check_chain(check, bridges, &chain);
		}
	}
}
