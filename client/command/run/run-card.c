/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The network cards of vmgrant run: their names, their addresses, asking for them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/run/run.h"

int run_add_card(struct run *run, const char *text)
{
	struct card *card = &run->cards[run->card_count];
	char why[256];

	if (run->card_count == RUN_CARDS_MAX)
		return command_fail(VMGRANT_USAGE, "--net %.64s: more than %d cards", text,
				    RUN_CARDS_MAX);
	if (net_option_parse(text, &card->option, why, sizeof why) < 0)
		return command_fail(VMGRANT_USAGE, "--net: %s: try vmgrant run --help", why);
	run->card_count++;
	return VMGRANT_GRANTED;
}

/* ---- names ---- */

static int is_taken(const struct run *run, size_t index, const char *id)
{
	for (size_t i = 0; i < run->card_count; i++) {
		if (i != index && strcmp(run->cards[i].option.id, id) == 0)
			return 1;
	}
	return 0;
}

/* The first "vmgrant-netN" that neither the person's words nor another card have. */
static void choose_id(struct run *run, size_t index)
{
	struct net_option *option = &run->cards[index].option;
	unsigned number = (unsigned)index;

	do {
		char *id = launch_free_id(run->arguments, "net", LAUNCH_ID_NUMBERED, number);

		(void)snprintf(option->id, sizeof option->id, "%s", id);
		number = (unsigned)strtoul(id + strlen(LAUNCH_PREFIX "net"), NULL, 10) + 1;
		free(id);
	} while (is_taken(run, index, option->id));
}

/* ---- addresses ---- */

/*
 * What the guest is known by: its uuid, else its name, both of which stay whatever else is
 * changed. Without one, the same command that is started in the same folder is taken for
 * the same guest.
 */
static char *guest_seed(const struct run *run)
{
	const struct qemu_line *line = &run->qemu.line;
	char *seed = NULL, *folder;

	if (line->uuid[0] != '\0')
		return text_format("uuid %s", line->uuid);
	if (line->name[0] != '\0')
		return text_format("name %s", line->name);
	folder = getcwd(NULL, 0);
	seed = text_format("%s", folder == NULL ? "" : folder);
	for (size_t i = 0; run->arguments[i] != NULL; i++) {
		text_append(&seed, "\n", 1);
		text_append(&seed, run->arguments[i], strlen(run->arguments[i]));
	}
	free(folder);
	return seed;
}

static void choose_mac(struct run *run, size_t index)
{
	struct net_option *option = &run->cards[index].option;
	char *guest = guest_seed(run), *seed;
	size_t before = 0;

	/* A card on another bridge changes nothing for this one. */
	for (size_t i = 0; i < index; i++)
		before += strcmp(run->cards[i].option.bridge, option->bridge) == 0;
	seed = card_seed(before, option->bridge, guest);
	net_option_derive_mac(option->mac, seed, strlen(seed));
	free(seed);
	free(guest);
}

static int choose_model(const struct run *run, struct net_option *option)
{
	const char *name = run->qemu.machine.name;

	if (run->style != LAUNCH_QEMU || qemu_machine_choose_model(&run->qemu.machine, option) == 0)
		return VMGRANT_GRANTED;
	return command_fail(VMGRANT_USAGE, "--net %s: machine %s: no card is known that fits: say "
			    "model=, like usb-net", option->bridge,
			    name[0] == '\0' ? "(the default)" : name);
}

int run_prepare_cards(struct run *run)
{
	for (size_t i = 0; i < run->card_count; i++) {
		struct net_option *option = &run->cards[i].option;

		if (choose_model(run, option) != VMGRANT_GRANTED ||
		    card_check(&run->cards[i]) != VMGRANT_GRANTED)
			return VMGRANT_USAGE;
		if (option->id[0] == '\0')
			choose_id(run, i);
		else if (is_taken(run, i, option->id))
			return command_fail(VMGRANT_USAGE, "--net: id %s: given twice", option->id);
		if (!option->has_mac)
			choose_mac(run, i);
	}
	return VMGRANT_GRANTED;
}

/* ---- asking ---- */

/* Does the guest learn the address from us? Only then may the port be locked to it. */
static int guest_gets_mac(const struct run *run, size_t index)
{
	return run->cards[index].option.has_mac || run->style == LAUNCH_QEMU ||
	       launch_names(run->arguments, index, "mac");
}

/* What would be granted, by the rules alone. fds are counted from 3 for an example. */
static int ask_dry(struct card *card, struct vmgrant_connection *connection, int *fd)
{
	struct vmgrant_offer offer = { .size = sizeof offer };
	enum vmgrant_code code = vmgrant_offer(connection, card->option.bridge, &offer);

	if (code != VMGRANT_GRANTED)
		return command_fail((int)code, "%s", vmgrant_error(connection));
	if (card->option.queues > offer.queues)
		return command_fail(VMGRANT_DENIED,
				    "bridge %s: %u queues: the rule gives %u: ask for fewer",
				    card->option.bridge, card->option.queues, offer.queues);
	if (card->option.vhost == NET_OPTION_VHOST_ON && (offer.flags & VMGRANT_PORT_VHOST) == 0)
		return command_fail(VMGRANT_DENIED,
				    "bridge %s: no vhost: the rule does not give it: "
				    "leave vhost=on out", card->option.bridge);
	card->tap.queues = card->option.queues;
	for (unsigned i = 0; i < card->tap.queues; i++)
		card->tap.queue_fds[i] = (*fd)++;
	card->tap.vhost_count = card->option.vhost == NET_OPTION_VHOST_ON ? card->tap.queues : 0;
	for (unsigned i = 0; i < card->tap.vhost_count; i++)
		card->tap.vhost_fds[i] = (*fd)++;
	card->tap.mtu_bytes = offer.mtu_bytes;
	return VMGRANT_GRANTED;
}

int run_ask_card(struct run *run, struct vmgrant_connection *connection, size_t index, int *fd)
{
	unsigned flags = prompt_flag(run->prompt, VMGRANT_TAP_INTERACTIVE);

	if (run->is_dry)
		return ask_dry(&run->cards[index], connection, fd);
	if (guest_gets_mac(run, index))
		flags |= VMGRANT_TAP_MAC;
	return card_ask(connection, &run->cards[index], flags);
}
