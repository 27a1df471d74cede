/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The command line of the program that gets network cards. Pure. */
#include "client/command/kind/bridge/launch-card.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/kind/bridge/net-device.h"
#include "client/command/qemu/qemu-program.h"
#include "client/text/message.h"

/* ---- values ---- */

/* "5:6:7", as QEMU takes lists of fds. */
static char *join_fds(const int *fds, unsigned count)
{
	char *text = NULL;

	text_append(&text, "", 0);
	for (unsigned i = 0; i < count; i++) {
		char *part = text_format("%s%d", i == 0 ? "" : ":", fds[i]);

		text_append(&text, part, strlen(part));
		free(part);
	}
	return text;
}

static char *value_fds(const struct card *card)
{
	return join_fds(card->tap.queue_fds, card->tap.queues);
}

static char *value_vhost_fds(const struct card *card)
{
	return join_fds(card->tap.vhost_fds, card->tap.vhost_count);
}

static char *value_mac(const struct card *card)
{
	char text[NET_OPTION_MAC_TEXT_SIZE];

	return text_format("%s", net_option_format_mac(text, card->option.mac));
}

static char *value_mtu(const struct card *card)
{
	return text_format("%u", card->tap.mtu_bytes);
}

/* NULL where it is not known yet. */
static char *value_ifname(const struct card *card)
{
	return card->tap.tap[0] == '\0' ? NULL : text_format("%s", card->tap.tap);
}

static const struct placeholder_kind {
	const char *name;
	char *(*value)(const struct card *card);
} kinds[] = {
	{ "fd", value_fds },	 { "fds", value_fds }, { "vhostfds", value_vhost_fds },
	{ "mac", value_mac },	 { "mtu", value_mtu }, { "ifname", value_ifname },
};

/* ---- placeholders ---- */

/* {netINDEX.NAME} in an argument. */
struct placeholder {
	const char *start, *end; /* the brace, and behind the other one */
	size_t index;
	const char *name;
	size_t name_length;
};

#define INDEX_MAX 9999

/* Is there one at text, which begins with "{net"? */
static int read_placeholder(const char *text, struct placeholder *found)
{
	const char *digits = text + strlen("{net");
	size_t count = strspn(digits, "0123456789");
	const char *name = digits + count + 1;

	if (count == 0 || digits[count] != '.')
		return 0;
	*found = (struct placeholder){ .start = text, .name = name };
	for (size_t i = 0; i < count && found->index <= INDEX_MAX; i++)
		found->index = found->index * 10 + (size_t)(digits[i] - '0');
	found->name_length = strspn(name, "abcdefghijklmnopqrstuvwxyz_-");
	found->end = name + found->name_length + 1;
	return name[found->name_length] == '}';
}

/* The first one at or behind text. */
static int find_placeholder(const char *text, struct placeholder *found)
{
	for (text = strstr(text, "{net"); text != NULL; text = strstr(text + 1, "{net")) {
		if (read_placeholder(text, found))
			return 1;
	}
	return 0;
}

static const struct placeholder_kind *find_kind(const struct placeholder *found)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (strlen(kinds[i].name) == found->name_length &&
		    memcmp(kinds[i].name, found->name, found->name_length) == 0)
			return &kinds[i];
	}
	return NULL;
}

int launch_names(char *const arguments[], size_t index, const char *name)
{
	struct placeholder found;

	for (; *arguments != NULL; arguments++) {
		const char *text = *arguments;

		for (; find_placeholder(text, &found); text = found.end) {
			if (found.index == index && strlen(name) == found.name_length &&
			    memcmp(name, found.name, found.name_length) == 0)
				return 1;
		}
	}
	return 0;
}

/* Returns NULL or what is wrong with it. */
static const char *check_placeholder(const struct placeholder *found, const struct card *cards,
				     size_t card_count)
{
	const struct placeholder_kind *kind = find_kind(found);
	const struct net_option *option;

	if (kind == NULL)
		return _("not known: fd, fds, vhostfds, mac, mtu and ifname are");
	if (found->index >= card_count)
		return _("no such card: the first --net is net0");
	option = &cards[found->index].option;
	if (strcmp(kind->name, "fd") == 0 && option->queues > 1)
		return _("the card has more than one queue: use fds");
	if (strcmp(kind->name, "vhostfds") == 0 && option->vhost == NET_OPTION_VHOST_OFF)
		return _("the card has no vhost: add vhost=on to its --net");
	return NULL;
}

int launch_check(char *const arguments[], const struct card *cards, size_t card_count, char *why,
		 size_t why_size)
{
	struct placeholder found;

	for (; *arguments != NULL; arguments++) {
		const char *text = *arguments;

		for (; find_placeholder(text, &found); text = found.end) {
			const char *wrong = check_placeholder(&found, cards, card_count);

			if (wrong == NULL)
				continue;
			(void)snprintf(why, why_size, "%.*s: %s", (int)(found.end - found.start),
				       found.start, wrong);
			return -1;
		}
	}
	return 0;
}

/* The argument with every placeholder replaced. */
static char *substitute(const char *text, const struct card *cards)
{
	struct placeholder found;
	char *result = NULL;

	text_append(&result, "", 0);
	while (find_placeholder(text, &found)) {
		const struct placeholder_kind *kind = find_kind(&found);
		char *value = kind == NULL ? NULL : kind->value(&cards[found.index]);

		text_append(&result, text, (size_t)(found.start - text));
		if (value == NULL)
			text_append(&result, found.start, (size_t)(found.end - found.start));
		else
			text_append(&result, value, strlen(value));
		free(value);
		text = found.end;
	}
	text_append(&result, text, strlen(text));
	return result;
}

/* ---- QEMU ---- */

enum launch_style launch_style(char *const arguments[], const struct launch_qemu *qemu)
{
	struct placeholder found;

	for (size_t i = 0; arguments[i] != NULL; i++) {
		if (find_placeholder(arguments[i], &found))
			return LAUNCH_PLACEHOLDERS;
	}
	return qemu->is_qemu ? LAUNCH_QEMU : LAUNCH_UNKNOWN;
}

static char *qemu_netdev(const struct card *card, const struct launch_qemu *qemu)
{
	json_object *netdev = qemu_option_new("type", "tap");
	char *fds = value_fds(card), *vhost_fds = value_vhost_fds(card);
	int is_plural = card->tap.queues > 1;

	qemu_option_add_text(netdev, "id", card->option.id);
	qemu_option_add_text(netdev, is_plural ? "fds" : "fd", fds);
	/* vhost=on alone would make QEMU open /dev/vhost-net itself. */
	if (card->tap.vhost_count > 0) {
		qemu_option_add_on(netdev, "vhost");
		qemu_option_add_text(netdev, is_plural ? "vhostfds" : "vhostfd", vhost_fds);
	}
	free(fds);
	free(vhost_fds);
	return qemu_option_write(netdev, qemu->version >= QEMU_JSON_NETDEV ? QEMU_SYNTAX_JSON
									    : QEMU_SYNTAX_KEYS);
}

static char *qemu_device(const struct card *card, struct launch_qemu *qemu)
{
	const struct net_option *option = &card->option;
	int has_place = option->bus[0] != '\0' || !net_option_is_pci(option);
	/* An id of the person's own is the netdev's; the card's may be taken. */
	const char *id = strncmp(option->id, LAUNCH_PREFIX, strlen(LAUNCH_PREFIX)) == 0
				 ? option->id : NULL;
	unsigned slot = has_place ? 0 : qemu_line_take_slot(&qemu->line, &qemu->machine);

	return qemu_option_write(net_device_object(option, id, option->id, card->tap.mtu_bytes,
						  slot), launch_device_syntax(qemu));
}

static void substitute_all(const struct card *cards, struct words *words)
{
	for (size_t i = 0; i < words->count; i++) {
		char *word = substitute(words->items[i], cards);

		free(words->items[i]);
		words->items[i] = word;
	}
}

void launch_build(enum launch_style style, struct launch_qemu *qemu, const struct card *cards,
		  size_t card_count, struct words *words)
{
	if (style == LAUNCH_PLACEHOLDERS)
		substitute_all(cards, words);
	for (size_t i = 0; style == LAUNCH_QEMU && i < card_count; i++) {
		launch_add(words, "-netdev", qemu_netdev(&cards[i], qemu));
		launch_add(words, "-device", qemu_device(&cards[i], qemu));
	}
}
