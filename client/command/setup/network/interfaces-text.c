/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A file of ifupdown's, with a card's lines as its bridge's. Pure. */
#include "client/command/setup/network/interfaces-text.h"

#include <stdlib.h>
#include <string.h>

#include "client/text/message.h"

#define BLANK " \t"

/* A line and its words, in the text itself. */
struct line {
	const char *text;
	size_t length; /* without its end */
	const char *words[4];
	size_t lengths[4];
	size_t count; /* of the words, those behind the fourth left out */
};

/* 0 at the end of the text. */
static int take_line(const char **rest, struct line *line)
{
	const char *word = *rest;

	if (*word == '\0')
		return 0;
	*line = (struct line){ .text = word, .length = strcspn(word, "\n") };
	*rest = word + line->length + (word[line->length] == '\n');
	while (line->count < 4) {
		const size_t left = line->length - (size_t)(word - line->text);

		word += strspn(word, BLANK) < left ? strspn(word, BLANK) : left;
		if (word == line->text + line->length)
			break;
		line->words[line->count] = word;
		line->lengths[line->count++] = strcspn(word, BLANK "\n");
		word += strcspn(word, BLANK "\n");
	}
	return 1;
}

static int is_word(const struct line *line, size_t index, const char *word)
{
	return index < line->count && line->lengths[index] == strlen(word) &&
	       strncmp(line->words[index], word, strlen(word)) == 0;
}

static int is_one_of(const struct line *line, size_t index, const char *const list[])
{
	for (size_t i = 0; list[i] != NULL; i++) {
		if (is_word(line, index, list[i]))
			return 1;
	}
	return 0;
}

static int is_comment(const struct line *line)
{
	return line->count > 0 && *line->words[0] == '#';
}

/* ---- looking ---- */

static int is_part_of_name(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '_' || byte == '-';
}

static int line_names(const struct line *line, const char *name)
{
	const size_t length = strlen(name);

	for (size_t i = 0; !is_comment(line) && i + length <= line->length; i++) {
		if (strncmp(line->text + i, name, length) == 0 &&
		    (i == 0 || !is_part_of_name(line->text[i - 1])) &&
		    (i + length == line->length || !is_part_of_name(line->text[i + length])))
			return 1;
	}
	return 0;
}

int interfaces_text_names(const char *text, const char *name)
{
	struct line line;

	while (take_line(&text, &line)) {
		if (line_names(&line, name))
			return 1;
	}
	return 0;
}

unsigned interfaces_text_count(const char *text, const char *name)
{
	struct line line;
	unsigned count = 0;

	while (take_line(&text, &line))
		count += is_word(&line, 0, "iface") && is_word(&line, 1, name);
	return count;
}

char *interfaces_text_source(const char **rest, int *is_directory_out)
{
	struct line line;

	while (take_line(rest, &line)) {
		*is_directory_out = is_word(&line, 0, "source-directory");
		if (line.count > 1 && (*is_directory_out || is_word(&line, 0, "source")))
			return text_format("%.*s", (int)line.lengths[1], line.words[1]);
	}
	return NULL;
}

/* ---- writing ---- */

static void append(char **text, const char *part)
{
	text_append(text, part, strlen(part));
}

static void append_bridge(char **text, const struct bridge_plan *plan)
{
	char *lines = text_format("    bridge_ports %s\n    bridge_hw %s\n    bridge_stp off\n"
				  "    bridge_fd 0\n",
				  plan->card != NULL ? plan->card : "none", plan->mac);

	append(text, lines);
	free(lines);
}

char *interfaces_text_guests(const struct bridge_plan *plan)
{
	char *text = text_format("auto %s\niface %s inet manual\n", plan->bridge, plan->bridge);

	append_bridge(&text, plan);
	return text;
}

/* The line with another word in the place of one of its words. */
static void append_renamed(char **text, const struct line *line, size_t index, const char *name)
{
	const char *end = line->words[index] + line->lengths[index];

	text_append(text, line->text, (size_t)(line->words[index] - line->text));
	append(text, name);
	text_append(text, end, line->length - (size_t)(end - line->text));
	append(text, "\n");
}

/* The first one leaves the card without an address, and makes the bridge. */
static void append_iface(char **text, const struct line *line, const struct bridge_plan *plan,
			 int is_first)
{
	if (is_first) {
		append(text, "iface ");
		append(text, plan->card);
		append(text, " inet manual\n\n");
	}
	append_renamed(text, line, 1, plan->bridge);
	if (is_first)
		append_bridge(text, plan);
}

/* ---- what can be carried over ---- */

static const char *const starts[] = { "auto", "allow-auto", "allow-hotplug", NULL };
static const char *const others[] = { "iface",    "mapping",      "source",     "source-directory",
				      "template", "no-auto-down", "no-scripts", "rename",
				      NULL };

/* 1 if the line begins something, and is no option of what was begun before it. */
static int begins_stanza(const struct line *line)
{
	return line->count > 0 && (is_one_of(line, 0, starts) || is_one_of(line, 0, others) ||
				   strncmp(line->words[0], "allow-", 6) == 0);
}

/* 1 if nothing but blanks comes behind that word. */
static int is_last(const struct line *line, size_t index)
{
	const char *end = line->words[index] + line->lengths[index];

	return end + strspn(end, BLANK) >= line->text + line->length;
}

static int begins_with_one_of(const struct line *line, const char *const words[])
{
	for (size_t i = 0; words[i] != NULL; i++) {
		if (strncmp(line->words[0], words[i], strlen(words[i])) == 0)
			return 1;
	}
	return 0;
}

/* Of the card's own lines. Returns NULL or what stands in the way. */
static const char *find_obstacle(const struct line *line, int is_option)
{
	static const char *const methods[] = { "static", "dhcp", "auto", "manual", NULL };
	static const char *const options[] = { "hwaddress", "mtu", "inherits", NULL };
	/* A card's own, and of hooks that would do it to the bridge: ethtool(8) is one's. */
	static const char *const beginnings[] = { "bond",      "bridge",   "wpa",
						  "link-",     "ethernet", "offload-",
						  "hardware-", "coalesce", "flow-control",
						  "driver-",   NULL };

	if (line->length > 0 && line->text[line->length - 1] == '\\')
		return _("has a line of it that goes on in the next one");
	if (!is_option && is_one_of(line, 0, starts))
		return line->count == 2 ? NULL : _("starts it together with others");
	if (!is_option)
		return is_one_of(line, 3, methods) && is_last(line, 3)
			       ? NULL
			       : _("has lines of it that are not static, dhcp, auto or manual");
	if (is_one_of(line, 0, options) || begins_with_one_of(line, beginnings))
		return _("has an option of it that is not carried over");
	return NULL;
}

static int is_of_card(const struct line *line, const char *card)
{
	return is_word(line, 1, card) && (is_word(line, 0, "iface") || is_one_of(line, 0, starts));
}

/* Add the line as it is to be. Returns NULL or what stands in the way. */
static const char *move_line(char **whole, const struct line *line, const struct bridge_plan *plan,
			     int *is_inside, unsigned *count)
{
	const int is_own = is_of_card(line, plan->card);
	const char *why = NULL;

	if (begins_stanza(line))
		*is_inside = is_own && is_word(line, 0, "iface");
	if (line_names(line, plan->bridge))
		why = _("names the bridge already");
	else if (!is_own && line_names(line, plan->card))
		why = _("has another line that names the card");
	else if ((is_own || *is_inside) && line->count > 0 && !is_comment(line))
		why = find_obstacle(line, !is_own);
	if (why != NULL)
		return why;
	if (is_own && is_word(line, 0, "iface")) {
		append_iface(whole, line, plan, (*count)++ == 0);
	} else if (is_own) {
		append(whole, "auto ");
		append(whole, plan->bridge);
		append(whole, "\n");
	} else {
		text_append(whole, line->text, line->length);
		append(whole, "\n");
	}
	return NULL;
}

char *interfaces_text_move(const char *text, const struct bridge_plan *plan, const char **why_out)
{
	char *whole = text_format("%s", "");
	struct line line;
	int is_inside = 0;
	unsigned count = 0;

	*why_out = NULL;
	while (*why_out == NULL && take_line(&text, &line))
		*why_out = move_line(&whole, &line, plan, &is_inside, &count);
	if (*why_out != NULL) {
		free(whole);
		return NULL;
	}
	return whole;
}
