/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The network cards of vmgrant run: their names, their addresses, asking for them. */
#include "client/command/kind/bridge/bridge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/kind/bridge/net-device.h"
#include "client/command/run/run.h"
#include "client/text/message.h"

#define CARDS_MAX 32

struct cards {
	size_t count;
	enum launch_style style;
	struct card items[CARDS_MAX];
};

static int add(void *things, const char *text)
{
	struct cards *cards = things;
	char why[256];

	if (cards->count == CARDS_MAX)
		return command_fail(VMGRANT_USAGE, _("--net %.64s: more than %d cards"), text,
				    CARDS_MAX);
	if (net_option_parse(text, &cards->items[cards->count].option, why, sizeof why) < 0)
		return command_fail(VMGRANT_USAGE, _("--net: %s: try vmgrant run --help"), why);
	cards->count++;
	return VMGRANT_GRANTED;
}

/* ---- names ---- */

static int is_taken(const struct cards *cards, size_t index, const char *id)
{
	for (size_t i = 0; i < cards->count; i++) {
		if (i != index && strcmp(cards->items[i].option.id, id) == 0)
			return 1;
	}
	return 0;
}

/* The first "vmgrant-netN" that neither the person's words nor another card have. */
static void choose_id(struct cards *cards, size_t index, char *const arguments[])
{
	struct net_option *option = &cards->items[index].option;
	unsigned number = (unsigned)index;

	do {
		char *id = launch_free_id(arguments, "net", LAUNCH_ID_NUMBERED, number);

		(void)snprintf(option->id, sizeof option->id, "%s", id);
		number = launch_number_of(id, "net") + 1;
		free(id);
	} while (is_taken(cards, index, option->id));
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

static void choose_mac(struct cards *cards, size_t index, const struct run *run)
{
	struct net_option *option = &cards->items[index].option;
	char *guest = guest_seed(run), *seed;
	size_t before = 0;

	/* A card on another bridge changes nothing for this one. */
	for (size_t i = 0; i < index; i++)
		before += strcmp(cards->items[i].option.bridge, option->bridge) == 0;
	seed = card_seed(before, option->bridge, guest);
	net_option_derive_mac(option->mac, seed, strlen(seed));
	free(seed);
	free(guest);
}

static int choose_model(const struct cards *cards, struct net_option *option,
			const struct run *run)
{
	if (cards->style != LAUNCH_QEMU ||
	    net_device_choose_model(&run->qemu.machine, option) == 0)
		return VMGRANT_GRANTED;
	return command_fail(VMGRANT_USAGE,
			    _("--net %s: machine %s: no card is known that fits: say "
			      "model=, like usb-net"),
			    option->bridge, run_machine_name(&run->qemu.machine));
}

static int prepare_cards(struct cards *cards, const struct run *run)
{
	for (size_t i = 0; i < cards->count; i++) {
		struct net_option *option = &cards->items[i].option;

		if (choose_model(cards, option, run) != VMGRANT_GRANTED ||
		    card_check(&cards->items[i]) != VMGRANT_GRANTED)
			return VMGRANT_USAGE;
		if (option->id[0] == '\0')
			choose_id(cards, i, run->arguments);
		else if (is_taken(cards, i, option->id))
			return command_fail(VMGRANT_USAGE, _("--net: id %s: given twice"),
					    option->id);
		if (!option->has_mac)
			choose_mac(cards, i, run);
	}
	return VMGRANT_GRANTED;
}

/* Placeholders are looked at also where no card was asked for. */
static int prepare(void *things, struct run *run)
{
	struct cards *cards = things;
	char why[256];
	int code;

	cards->style = launch_style(run->arguments, &run->qemu);
	code = prepare_cards(cards, run);
	if (code != VMGRANT_GRANTED)
		return code;
	if (launch_check(run->arguments, cards->items, cards->count, why, sizeof why) < 0)
		return command_fail(VMGRANT_USAGE, "%s", why);
	if (cards->count > 0 && cards->style == LAUNCH_UNKNOWN)
		return command_fail(VMGRANT_USAGE,
				    _("%.256s: not a QEMU, and nothing says where the card goes: "
				      "put {net0.fd} where the program wants the file descriptor, "
				      "or add --qemu if it is one"),
				    run->arguments[0]);
	run->adds_options |= cards->count > 0 && cards->style == LAUNCH_QEMU;
	return VMGRANT_GRANTED;
}

/* ---- asking ---- */

/* Does the guest learn the address from us? Only then may the port be locked to it. */
static int guest_gets_mac(const struct cards *cards, size_t index, const struct run *run)
{
	return cards->items[index].option.has_mac || cards->style == LAUNCH_QEMU ||
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
				    _("bridge %s: %u queues: the rule gives %u: ask for fewer"),
				    card->option.bridge, card->option.queues, offer.queues);
	if (card->option.vhost == NET_OPTION_VHOST_ON && (offer.flags & VMGRANT_PORT_VHOST) == 0)
		return command_fail(VMGRANT_DENIED,
				    _("bridge %s: no vhost: the rule does not give it: "
				      "leave vhost=on out"),
				    card->option.bridge);
	card->tap.queues = card->option.queues;
	for (unsigned i = 0; i < card->tap.queues; i++)
		card->tap.queue_fds[i] = (*fd)++;
	card->tap.vhost_count = card->option.vhost == NET_OPTION_VHOST_ON ? card->tap.queues : 0;
	for (unsigned i = 0; i < card->tap.vhost_count; i++)
		card->tap.vhost_fds[i] = (*fd)++;
	card->tap.mtu_bytes = offer.mtu_bytes;
	return VMGRANT_GRANTED;
}

static int ask(void *things, struct run *run, struct vmgrant_connection *connection)
{
	struct cards *cards = things;
	int code = VMGRANT_GRANTED;

	for (size_t i = 0; code == VMGRANT_GRANTED && i < cards->count; i++) {
		unsigned flags = prompt_flag(run->prompt, VMGRANT_TAP_INTERACTIVE);

		if (guest_gets_mac(cards, i, run))
			flags |= VMGRANT_TAP_MAC;
		code = run->is_dry ? ask_dry(&cards->items[i], connection, &run->example_fd)
				   : card_ask(connection, &cards->items[i], flags);
	}
	return code;
}

/* ---- the program ---- */

static int launch(void *things, struct run *run)
{
	struct cards *cards = things;

	launch_build(cards->style, &run->qemu, cards->items, cards->count, &run->words);
	return VMGRANT_GRANTED;
}

static int keep_all(const int *fds, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (run_keep_fd(fds[i]) < 0)
			return -1;
	}
	return 0;
}

static int keep(void *things)
{
	const struct cards *cards = things;

	for (size_t i = 0; i < cards->count; i++) {
		const struct vmgrant_tap *tap = &cards->items[i].tap;

		if (keep_all(tap->queue_fds, tap->queues) < 0 ||
		    keep_all(tap->vhost_fds, tap->vhost_count) < 0)
			return command_fail(VMGRANT_INTERNAL, _("cannot hand over the cards: %s"),
					    strerror(errno));
	}
	return VMGRANT_GRANTED;
}

const struct run_kind run_card = {
	.size = sizeof(struct cards),
	.is_for_any_program = 1,
	.add = add,
	.prepare = prepare,
	.ask = ask,
	.launch = launch,
	.keep = keep,
};
