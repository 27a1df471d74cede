/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What becomes of a frame that crosses a bridge in the rules of `iptables -S`. Pure. */
#include "client/command/check/netfilter/iptables-rules.h"

#include <stdlib.h>
#include <string.h>

#include "client/text/text.h"

/* Chains call each other; the kernel lets none call itself. */
#define DEPTH_MAX 16

enum verdict { VERDICT_NONE = 0, VERDICT_RETURN, VERDICT_ACCEPT, VERDICT_DROP };

struct rules {
	const char *text;
	const char *bridge;
};

/* The next word; "some words" are one. Returns its length, 0 at the end of the line. */
static size_t next_word(const char **line, const char **word)
{
	const char *at = *line + strspn(*line, " ");
	size_t length;

	if (*at == '"') {
		*word = ++at;
		for (length = 0; at[length] != '"' && at[length] != '\n' && at[length] != '\0'; length++)
			length += at[length] == '\\' && at[length + 1] != '\0';
		*line = at + length + (at[length] == '"');
		return length + 1;
	}
	*word = at;
	length = strcspn(at, " \n");
	*line = at + length;
	return length;
}

static int is_word(const char *word, size_t length, const char *wanted)
{
	return length == strlen(wanted) && memcmp(word, wanted, length) == 0;
}

/* "br0", or "br+" for all that begin so. */
static int names(const char *word, size_t length, const char *bridge)
{
	if (length > 0 && word[length - 1] == '+')
		return strncmp(word, bridge, length - 1) == 0;
	return is_word(word, length, bridge);
}

/* A match that every frame fulfils that crosses the bridge. Takes what belongs to it. */
static int is_fulfilled(const char *option, size_t length, const char **line, const char *bridge)
{
	const char *value;
	size_t value_length;

	if (is_word(option, length, "--physdev-is-bridged"))
		return 1;
	value_length = next_word(line, &value);
	if (is_word(option, length, "-i") || is_word(option, length, "-o"))
		return names(value, value_length, bridge);
	if (is_word(option, length, "-m"))
		return is_word(value, value_length, "comment") ||
		       is_word(value, value_length, "physdev");
	return is_word(option, length, "--comment");
}

static enum verdict judge_chain(const struct rules *rules, const char *chain, size_t length,
				int depth);

static enum verdict judge_target(const struct rules *rules, const char *target, size_t length,
				 int depth)
{
	if (is_word(target, length, "ACCEPT"))
		return VERDICT_ACCEPT;
	if (is_word(target, length, "DROP") || is_word(target, length, "REJECT"))
		return VERDICT_DROP;
	if (is_word(target, length, "RETURN"))
		return VERDICT_RETURN;
	return judge_chain(rules, target, length, depth + 1);
}

/* What a rule does with every such frame; a rule for some of them decides nothing here. */
static enum verdict judge_rule(const struct rules *rules, const char *line, int depth)
{
	const char *word;
	size_t length;

	while ((length = next_word(&line, &word)) > 0) {
		if (is_word(word, length, "-j") || is_word(word, length, "-g")) {
			length = next_word(&line, &word);
			return judge_target(rules, word, length, depth);
		}
		if (!is_fulfilled(word, length, &line, rules->bridge))
			break;
	}
	return VERDICT_NONE;
}

static enum verdict judge_chain(const struct rules *rules, const char *chain, size_t length,
				int depth)
{
	enum verdict verdict = VERDICT_NONE;

	for (const char *line = rules->text; depth < DEPTH_MAX && line != NULL && *line != '\0';) {
		const char *word, *rest = line;
		size_t word_length = next_word(&rest, &word);

		if (is_word(word, word_length, "-A") && (word_length = next_word(&rest, &word)) > 0 &&
		    word_length == length && memcmp(word, chain, length) == 0)
			verdict = judge_rule(rules, rest, depth);
		if (verdict != VERDICT_NONE)
			return verdict == VERDICT_RETURN ? VERDICT_NONE : verdict;
		line = strchr(line, '\n');
		if (line != NULL)
			line++;
	}
	return VERDICT_NONE;
}

int iptables_drops(const char *text, const char *bridge)
{
	const struct rules rules = { .text = text, .bridge = bridge };
	enum verdict verdict = judge_chain(&rules, "FORWARD", strlen("FORWARD"), 0);

	if (verdict == VERDICT_NONE)
		return strstr(text, "-P FORWARD DROP\n") != NULL;
	return verdict == VERDICT_DROP;
}
