/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmgrant list: which bridges the caller may have, and why not the others. */
#include <errno.h>
#include <getopt.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/bridges.h"
#include "client/command.h"

/* What was said about one bridge. */
struct answer {
	const char *bridge;
	enum vmgrant_code code;
	const char *reason; /* of a no */
	const struct vmgrant_offer *offer;
};

struct list {
	const char *helper; /* NULL: the installed one */
	int is_json;
	json_object *array; /* with is_json */
	size_t row_count;   /* without */
};

static int print_help(void)
{
	fputs("usage: vmgrant list [--json] [--helper PATH]\n"
	      "\n"
	      "The bridges of this machine, what a network card on each would be given, and\n"
	      "the reason where you may have none. Nothing is made and polkit is not asked.\n"
	      "\n"
	      "  --json         for programs\n"
	      "  --helper PATH  another vmgrant-helper\n"
	      "\n"
	      "See vmgrant(1).\n",
	      stdout);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

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
	(void)printf("%-15s  %-7s  %-6s  %-6s  %-8s %s\n", bridge, allowed, queues, mtu, left,
		     rest);
}

static void print_answer(const struct answer *answer)
{
	const struct vmgrant_offer *offer = answer->offer;
	char *queues, *mtu, *left, *rest;

	if (answer->code != VMGRANT_GRANTED) {
		char *object = text_format("bridge %s: ", answer->bridge);
		size_t known = strlen(object);

		/* The name stands at the beginning of the line already. */
		if (strncmp(answer->reason, object, known) != 0)
			known = 0;
		rest = text_format(" %s", answer->reason + known);
		print_row(answer->bridge, "no", "-", "-", "-", rest);
		free(object);
		free(rest);
		return;
	}
	queues = text_format("%u", offer->queues);
	mtu = text_format("%u", offer->mtu_bytes);
	left = offer->quota == 0 ? text_format("-")
				 : text_format("%u of %u", quota_left(offer), offer->quota);
	rest = option_words(offer);
	print_row(answer->bridge, (offer->flags & VMGRANT_PORT_POLKIT) != 0 ? "polkit" : "yes",
		  queues, mtu, left, rest);
	free(queues);
	free(mtu);
	free(left);
	free(rest);
}

/* ---- for programs ---- */

static void add(json_object *object, const char *key, json_object *value)
{
	(void)json_object_object_add(object, key, value);
}

static void add_number(json_object *object, const char *key, unsigned number)
{
	add(object, key, json_object_new_int64(number));
}

static void add_flag(json_object *object, const char *key, unsigned flags, unsigned flag)
{
	add(object, key, json_object_new_boolean((flags & flag) != 0));
}

static json_object *to_json(const struct answer *answer)
{
	const struct vmgrant_offer *offer = answer->offer;
	json_object *object = json_object_new_object();

	add(object, "bridge", json_object_new_string(answer->bridge));
	add(object, "allowed", json_object_new_boolean(answer->code == VMGRANT_GRANTED));
	add_number(object, "code", (unsigned)answer->code);
	if (answer->code != VMGRANT_GRANTED) {
		add(object, "reason", json_object_new_string(answer->reason));
		return object;
	}
	add_flag(object, "polkit", offer->flags, VMGRANT_PORT_POLKIT);
	add_number(object, "queues", offer->queues);
	add_number(object, "mtu", offer->mtu_bytes);
	add_flag(object, "vhost", offer->flags, VMGRANT_PORT_VHOST);
	add_flag(object, "sealed", offer->flags, VMGRANT_PORT_SEALED);
	add_flag(object, "isolated", offer->flags, VMGRANT_PORT_ISOLATED);
	add_flag(object, "lock-mac", offer->flags, VMGRANT_PORT_LOCK_MAC);
	if (offer->vlan != 0)
		add_number(object, "vlan", offer->vlan);
	if (offer->quota != 0) {
		add_number(object, "quota", offer->quota);
		add_number(object, "used", offer->quota_used);
		add_number(object, "left", quota_left(offer));
	}
	return object;
}

static int print_json(json_object *array)
{
	json_object *object = json_object_new_object();

	add(object, "bridges", array);
	(void)puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
								  JSON_C_TO_STRING_NOSLASHESCAPE));
	(void)json_object_put(object);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

/* ---- asking ---- */

/* Is this about one bridge, or would every bridge get the same answer? */
static int is_about_one_bridge(enum vmgrant_code code)
{
	return code == VMGRANT_GRANTED || code == VMGRANT_DENIED || code == VMGRANT_QUOTA ||
	       code == VMGRANT_OBJECT || code == VMGRANT_UNSUPPORTED;
}

static int ask(struct list *list, struct vmgrant_connection *connection, const char *bridge)
{
	struct vmgrant_offer offer = { .size = sizeof offer };
	struct answer answer = { .bridge = bridge, .offer = &offer };

	answer.code = vmgrant_offer(connection, bridge, &offer);
	answer.reason = vmgrant_error(connection);
	if (!is_about_one_bridge(answer.code))
		return command_fail((int)answer.code, "%s", answer.reason);
	if (list->is_json)
		return json_object_array_add(list->array, to_json(&answer)) < 0 ? VMGRANT_INTERNAL
										: VMGRANT_GRANTED;
	if (list->row_count++ == 0)
		print_row("BRIDGE", "ALLOWED", "QUEUES", "MTU", "LEFT", " OPTIONS, OR WHY NOT");
	print_answer(&answer);
	return VMGRANT_GRANTED;
}

static int ask_for_all(struct list *list, const struct words *bridges)
{
	struct vmgrant_connection *connection = vmgrant_connect(list->helper);
	int code = VMGRANT_GRANTED;

	if (connection == NULL)
		return command_fail(VMGRANT_INTERNAL, "vmgrant-helper: cannot be started: %s",
				    strerror(errno));
	for (size_t i = 0; code == VMGRANT_GRANTED && i < bridges->count; i++)
		code = ask(list, connection, bridges->items[i]);
	vmgrant_close(connection);
	return code;
}

static int list_bridges(struct list *list)
{
	struct words bridges;
	int code, error = bridges_find(&bridges);

	if (error < 0)
		return command_fail(VMGRANT_INTERNAL, "/sys/class/net: cannot be read: %s",
				    strerror(-error));
	list->array = json_object_new_array();
	code = ask_for_all(list, &bridges);
	if (code == VMGRANT_GRANTED && list->is_json)
		code = print_json(json_object_get(list->array));
	else if (code == VMGRANT_GRANTED && bridges.count == 0)
		(void)command_fail(0, "list: there is no bridge on this machine");
	(void)json_object_put(list->array);
	words_release(&bridges);
	return code == VMGRANT_GRANTED && fflush(stdout) != 0 ? VMGRANT_INTERNAL : code;
}

int command_list(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "helper", required_argument, NULL, 'H' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct list list = { 0 };
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:h", options, NULL)) >= 0) {
		if (option == 'h')
			return print_help();
		if (option == 'j')
			list.is_json = 1;
		else if (option == 'H')
			list.helper = optarg;
		else
			return command_fail_option("list", option, argv);
	}
	if (optind < argc)
		return command_fail(VMGRANT_USAGE, "list: %.64s: takes no argument: "
				    "try vmgrant list --help", argv[optind]);
	return list_bridges(&list);
}
