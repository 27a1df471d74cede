/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The words of --net. Pure. */
#include "client/command/kind/bridge/net-option.h"

#include <stdio.h>
#include <string.h>

#include "client/library/vmgrant.h"
#include "client/text/hash.h"
#include "client/text/message.h"
#include "wire/port/mac.h"

enum key { KEY_QUEUES = 1, KEY_VHOST, KEY_VNET, KEY_MAC, KEY_MODEL, KEY_ID, KEY_BUS };

static const struct {
	const char *name;
	enum key key;
} keys[] = {
	{ "queues", KEY_QUEUES }, { "vhost", KEY_VHOST }, { "vnet", KEY_VNET }, { "mac", KEY_MAC },
	{ "model", KEY_MODEL },	  { "id", KEY_ID },	  { "bus", KEY_BUS },
};

static int parse_queues(struct piece value, unsigned *queues_out)
{
	uint64_t number;

	if (piece_number(value, 1, VMGRANT_QUEUES_MAX, &number) < 0)
		return -1;
	*queues_out = (unsigned)number;
	return 0;
}

/* Returns NULL or what is wrong. */
static const char *take_value(struct net_option *option, enum key key, struct piece value)
{
	switch (key) {
	case KEY_QUEUES:
		return parse_queues(value, &option->queues) < 0 ? _("must be 1 to 16") : NULL;
	case KEY_VHOST:
		option->vhost = piece_is(value, "on") ? NET_OPTION_VHOST_ON : NET_OPTION_VHOST_OFF;
		return piece_is(value, "on") || piece_is(value, "off") ? NULL
								       : _("must be on or off");
	case KEY_VNET:
		option->vnet = piece_is(value, "off") ? NET_OPTION_VNET_OFF : NET_OPTION_VNET_ON;
		return piece_is(value, "on") || piece_is(value, "off") ? NULL
								       : _("must be on or off");
	case KEY_MAC:
		option->has_mac = 1;
		return mac_parse(value.text, value.length, option->mac) < 0 ||
				       !mac_is_usable(option->mac)
			       ? _("must be an address of one card, like 52:54:00:12:34:56")
			       : NULL;
	case KEY_MODEL:
		return option_copy_name(value, option->model) < 0 ? _("not a name") : NULL;
	case KEY_ID:
		return option_copy_name(value, option->id) < 0
			       ? _("must begin with a letter and have only letters, digits, - . _")
			       : NULL;
	case KEY_BUS:
		return option_copy_name(value, option->bus) < 0 ? _("not a name") : NULL;
	}
	return "unknown";
}

static int take_piece(struct net_option *option, struct piece piece, unsigned *seen, char *why,
		      size_t size)
{
	const char *equals = memchr(piece.text, '=', piece.length);
	struct piece name = { piece.text, equals == NULL ? piece.length
							 : (size_t)(equals - piece.text) };
	const char *wrong = _("not known: queues=, vhost=, vnet=, mac=, model=, id= and bus= "
			      "are");

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		struct piece value;

		if (!piece_is(name, keys[i].name))
			continue;
		if (equals == NULL)
			return piece_fail(why, size, piece, _("needs a value"));
		if ((*seen & 1u << i) != 0)
			return piece_fail(why, size, name, _("given twice"));
		*seen |= 1u << i;
		value = (struct piece){ equals + 1, piece.length - name.length - 1 };
		wrong = take_value(option, keys[i].key, value);
		break;
	}
	return wrong == NULL ? 0 : piece_fail(why, size, piece, wrong);
}

int net_option_parse(const char *text, struct net_option *option, char *why, size_t why_size)
{
	struct piece piece = piece_first(text);
	unsigned seen = 0;

	*option = (struct net_option){ .queues = 1 };
	if (piece.length == 0 || piece.length >= sizeof option->bridge)
		return piece_fail(why, why_size, piece, _("not a bridge name: 1 to 15 characters"));
	memcpy(option->bridge, piece.text, piece.length);
	while (piece_next(&piece)) {
		if (take_piece(option, piece, &seen, why, why_size) < 0)
			return -1;
	}
	return 0;
}

int net_option_is_virtio(const struct net_option *option)
{
	static const char alias[] = "virtio-net";
	size_t length = sizeof alias - 1;

	return strncmp(option->model, alias, length) == 0 &&
	       (option->model[length] == '\0' || option->model[length] == '-');
}

int net_option_is_pci(const struct net_option *option)
{
	static const char *const others[] = {
		"e1000", "e1000e", "igb", "rtl8139", "ne2k_pci", "pcnet", "tulip", "vmxnet3",
	};

	if (strncmp(option->model, NET_OPTION_MODEL, strlen(NET_OPTION_MODEL)) == 0)
		return 1;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		if (strcmp(option->model, others[i]) == 0)
			return 1;
	}
	return 0;
}

unsigned net_option_vectors(const struct net_option *option)
{
	/* One for each direction of each queue, one for control, one for changes. */
	return option->queues > 1 && net_option_is_virtio(option) && net_option_is_pci(option)
		       ? 2 * option->queues + 2
		       : 0;
}

char *net_option_format_mac(char text[NET_OPTION_MAC_TEXT_SIZE], const uint8_t mac[6])
{
	(void)snprintf(text, NET_OPTION_MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0],
		       mac[1], mac[2], mac[3], mac[4], mac[5]);
	return text;
}

/* With its upper bits folded in: addresses have to differ, not to be secret. */
void net_option_derive_mac(uint8_t mac[6], const void *seed, size_t length)
{
	uint64_t hash = hash_bytes(HASH_EMPTY, seed, length);

	hash ^= hash >> 33;
	hash *= 0xff51afd7ed558ccdu;
	hash ^= hash >> 33;
	memcpy(mac, "\x52\x54", 3);
	for (int i = 0; i < 3; i++)
		mac[3 + i] = (uint8_t)(hash >> (8 * i));
}
