/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant list: the bridges of this machine. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/common/command.h"
#include "client/command/common/json.h"
#include "client/command/kind/bridge/bridge.h"
#include "client/command/machine/bridges.h"
#include "client/text/language.h"
#include "client/text/message.h"
#include "wire/refusal/escape.h"

/* What was said about one bridge. */
struct answer {
	const char *bridge;
	enum vmgrant_code code;
	const char *reason; /* of a no */
	const struct vmgrant_offer *offer;
};

static unsigned quota_left(const struct vmgrant_offer *offer)
{
	return offer->quota > offer->quota_used ? offer->quota - offer->quota_used : 0;
}

/* ---- for people ---- */

static char *option_words(const struct vmgrant_offer *offer)
{
	static const struct {
		unsigned flag;
		const char *word;
	} flags[] = {
		{ VMGRANT_PORT_VHOST, " vhost" },	  { VMGRANT_PORT_SEALED, " sealed" },
		{ VMGRANT_PORT_ISOLATED, " isolated" }, { VMGRANT_PORT_LOCK_MAC, " lock-mac" },
	};
	char *text = NULL;

	text_append(&text, "", 0);
	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
		if ((offer->flags & flags[i].flag) != 0)
			text_append(&text, flags[i].word, strlen(flags[i].word));
	}
	if (offer->vlan != 0) {
		char *vlan = text_format(" vlan=%u", offer->vlan);

		text_append(&text, vlan, strlen(vlan));
		free(vlan);
	}
	return text;
}

static void print_row(const char *bridge, const char *allowed, const char *queues, const char *mtu,
		      const char *left, const char *rest)
{
	(void)printf("%-*s  %-*s  %-*s  %-6s  %-*s %s\n", language_field(bridge, 15), bridge,
		     language_field(allowed, 7), allowed, language_field(queues, 6), queues, mtu,
		     language_field(left, 8), left, rest);
}

static void print_answer(const struct answer *answer)
{
	const struct vmgrant_offer *offer = answer->offer;
	char *queues, *mtu, *left, *rest;

	if (answer->code != VMGRANT_GRANTED) {
		char *object = text_format("bridge %s", answer->bridge);

		rest = text_format(" %s", list_shorten(answer->reason, object));
		print_row(answer->bridge, list_verdict_word(answer->code, 0), "-", "-", "-", rest);
		free(object);
		free(rest);
		return;
	}
	queues = text_format("%u", offer->queues);
	mtu = text_format("%u", offer->mtu_bytes);
	left = offer->quota == 0 ? text_format("-")
				 : text_format(_("%u of %u"), quota_left(offer), offer->quota);
	rest = option_words(offer);
	print_row(answer->bridge,
		  list_verdict_word(answer->code, (offer->flags & VMGRANT_PORT_POLKIT) != 0),
		  queues, mtu, left, rest);
	free(queues);
	free(mtu);
	free(left);
	free(rest);
}

/* ---- for programs ---- */

static void add_flag(json_object *object, const char *key, unsigned flags, unsigned flag)
{
	json_add_flag(object, key, (flags & flag) != 0);
}

static json_object *to_json(const struct answer *answer)
{
	const struct vmgrant_offer *offer = answer->offer;
	json_object *object = json_object_new_object();

	json_add_text(object, "bridge", answer->bridge);
	list_add_verdict(object, answer->code, answer->reason);
	if (answer->code != VMGRANT_GRANTED)
		return object;
	add_flag(object, "polkit", offer->flags, VMGRANT_PORT_POLKIT);
	json_add_number(object, "queues", offer->queues);
	json_add_number(object, "mtu", offer->mtu_bytes);
	add_flag(object, "vhost", offer->flags, VMGRANT_PORT_VHOST);
	add_flag(object, "sealed", offer->flags, VMGRANT_PORT_SEALED);
	add_flag(object, "isolated", offer->flags, VMGRANT_PORT_ISOLATED);
	add_flag(object, "lock-mac", offer->flags, VMGRANT_PORT_LOCK_MAC);
	if (offer->vlan != 0)
		json_add_number(object, "vlan", offer->vlan);
	if (offer->quota != 0) {
		json_add_number(object, "quota", offer->quota);
		json_add_number(object, "used", offer->quota_used);
		json_add_number(object, "left", quota_left(offer));
	}
	return object;
}

/* ---- asking ---- */

static int ask(struct list *list, json_object *section, const char *bridge)
{
	struct vmgrant_offer offer = { .size = sizeof offer };
	char name[64]; /* the kernel takes any bytes for one */
	struct answer answer = { .bridge = escape_string(name, sizeof name, bridge),
				 .offer = &offer };
	int status;

	answer.code = vmgrant_offer(list->connection, bridge, &offer);
	answer.reason = vmgrant_error(list->connection);
	status = list_check_answer(list, answer.code);
	if (status != VMGRANT_GRANTED)
		return status;
	if (section != NULL) {
		(void)json_object_array_add(section, to_json(&answer));
		return VMGRANT_GRANTED;
	}
	if (list->row_count++ == 0)
		print_row(_("BRIDGE"), _("ALLOWED"), _("QUEUES"), "MTU", _("LEFT"),
			  _(" OPTIONS, OR WHY NOT"));
	print_answer(&answer);
	return VMGRANT_GRANTED;
}

int list_bridges(struct list *list)
{
	json_object *section = NULL;
	struct words bridges;
	int code = VMGRANT_GRANTED, error = bridges_find(&bridges);

	if (error < 0)
		return command_fail(VMGRANT_INTERNAL, _("/sys/class/net: cannot be read: %s"),
				    strerror(-error));
	if (list->sections != NULL) {
		section = json_object_new_array();
		json_add(list->sections, "bridges", section);
	}
	for (size_t i = 0; code == VMGRANT_GRANTED && i < bridges.count; i++)
		code = ask(list, section, bridges.items[i]);
	words_release(&bridges);
	return code;
}
