/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant reattach: put ports back on the bridges that they were made for. For root. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/common/json.h"
#include "client/command/machine/ports.h"
#include "client/command/reattach/put-back.h"
#include "client/text/language.h"
#include "client/text/message.h"
#include "client/text/text.h"

/* Several hooks may run at once, and must not take off what the other one puts on. */
#define LOCK_FILE "/run/vmgrant-reattach.lock"

struct options {
	int is_dry, is_quiet, is_json;
	char *const *bridges; /* ended by NULL; none: all */
};

struct totals {
	size_t count, done, refused;
	json_object *array; /* NULL: for people */
};

static int print_help(void)
{
	fputs(_("usage: vmgrant reattach [--dry-run] [--quiet] [--json] [BRIDGE...]\n"
		"\n"
		"Puts network cards of running virtual machines back on the bridge that each was\n"
		"made for, with all limits that its rule demands, after the bridge was restarted,\n"
		"deleted and made again, or a card was taken off. A card whose limits cannot be had\n"
		"stays off. What somebody has set down or put on another bridge is left alone.\n"
		"For root.\n"
		"\n"
		"  BRIDGE     only cards that were made for this bridge\n"
		"  --dry-run  say what would be done, for everybody\n"
		"  --quiet    only what failed\n"
		"  --json     for programs\n"
		"\n"),
	      stdout);
	(void)printf(
		_("The exit status is %d if a card stays off its bridge, else 0. See vmgrant(1).\n"),
		COMMAND_FOUND);
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}

/* ---- saying it ---- */

/* What there is to say about a port that needs nothing, or is left alone. */
static char *describe_rest(const struct port *port)
{
	if (port->state == PORT_DOWN)
		return text_format(_("left alone: somebody has set it down"));
	if (port->state == PORT_ELSEWHERE)
		return text_format(_("left alone: somebody has put it on %s"), port->master);
	if (port->state == PORT_UNHELD)
		return text_format(_("in place, but no program has it open: "
				     "vmgrant tap --remove %s removes it"),
				   port->name);
	return text_format(_("in place"));
}

static char *describe_done(const struct port *port, const struct options *options)
{
	char *limits = port_limits(port), *text;

	if (port->state == PORT_RESIZED)
		text = text_format("%s", options->is_dry ? _("would get the bridge's MTU")
							 : _("has the bridge's MTU now"));
	else
		text = text_format("%s%s%s",
				   options->is_dry ? _("would be put back") : _("put back"),
				   *limits != '\0' ? ": " : "", limits);
	free(limits);
	return text;
}

static void add_json(json_object *array, const struct port *port, enum put_back outcome,
		     const char *why)
{
	static const char *const words[] = {
		[PUT_BACK_NOTHING] = "none", [PUT_BACK_DONE] = "done", [PUT_BACK_REFUSED] = "refused"
	};
	json_object *object = json_object_new_object();
	char *user = port_user(port);

	text_clean(user);
	json_add_text(object, "port", port->name);
	json_add_text(object, "user", user);
	json_add(object, "uid", json_object_new_int64(port->made.uid));
	json_add_text(object, "bridge", port->made.bridge);
	json_add_text(object, "state", port_state_word(port->state));
	json_add_text(object, "action", words[outcome]);
	if (why != NULL)
		json_add_text(object, "reason", why);
	(void)json_object_array_add(array, object);
	free(user);
}

static void report(const struct port *port, enum put_back outcome, const char *why,
		   const struct options *options)
{
	char *user = port_user(port), *text;

	if (outcome == PUT_BACK_REFUSED) {
		(void)command_fail(
			COMMAND_FOUND, _("port %s: user %s on %s: %s: %s"), port->name, user,
			port->made.bridge,
			port->state == PORT_RESIZED ? _("keeps its MTU") : _("stays off"), why);
	} else if (!options->is_quiet) {
		text = outcome == PUT_BACK_DONE ? describe_done(port, options) : describe_rest(port);
		text_clean(user);
		(void)printf(_("port %s: user %s on %s: %s\n"), port->name, user, port->made.bridge,
			     text);
		free(text);
	}
	free(user);
}

/* ---- doing it ---- */

static int is_wanted(const struct port *port, const struct options *options)
{
	if (options->bridges[0] == NULL)
		return 1;
	for (char *const *bridge = options->bridges; *bridge != NULL; bridge++) {
		if (strcmp(*bridge, port->made.bridge) == 0)
			return 1;
	}
	return 0;
}

static void handle(struct netlink *netlink, const struct port *port,
		   const struct options *options, struct totals *totals)
{
	struct putting putting = { .netlink = netlink, .is_dry = options->is_dry };
	enum put_back outcome = port_put_back(&putting, port);

	totals->count++;
	totals->done += outcome == PUT_BACK_DONE;
	totals->refused += outcome == PUT_BACK_REFUSED;
	if (totals->array != NULL)
		add_json(totals->array, port, outcome, putting.why);
	else
		report(port, outcome, putting.why, options);
	free(putting.why);
}

static int finish(const struct options *options, const struct totals *totals)
{
	json_object *object;

	if (totals->array != NULL) {
		object = json_object_new_object();
		json_add(object, "ports", totals->array);
		json_add_flag(object, "good", totals->refused == 0);
		json_print(object);
		(void)json_object_put(object);
	} else if (totals->count == 0 && !options->is_quiet) {
		(void)puts(_("there is no port of a virtual machine"));
	}
	if (fflush(stdout) != 0)
		return VMGRANT_INTERNAL;
	return totals->refused > 0 ? COMMAND_FOUND : COMMAND_DONE;
}

static int reattach_all(const struct options *options)
{
	struct totals totals = { 0 };
	struct netlink *netlink;
	struct ports ports;
	int result = netlink_open(NULL, &netlink);

	if (result < 0)
		return command_fail(VMGRANT_INTERNAL, _("reattach: cannot open netlink: %s"),
				    strerror(-result));
	result = ports_find(&ports);
	if (result < 0) {
		netlink_close(netlink);
		return command_fail(VMGRANT_INTERNAL, _("reattach: cannot list interfaces: %s"),
				    strerror(-result));
	}
	if (options->is_json)
		totals.array = json_object_new_array();
	for (size_t i = 0; i < ports.count; i++) {
		if (is_wanted(&ports.items[i], options))
			handle(netlink, &ports.items[i], options, &totals);
	}
	ports_release(&ports);
	netlink_close(netlink);
	return finish(options, &totals);
}

static int lock_and_reattach(const struct options *options)
{
	int lock, code;

	if (options->is_dry)
		return reattach_all(options);
	if (geteuid() != 0)
		return command_fail(VMGRANT_NO_PRIVILEGE,
				    _("reattach: only root may change ports: try "
				      "sudo vmgrant reattach, or --dry-run"));
	lock = open(LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock < 0 || flock(lock, LOCK_EX) < 0) {
		code = command_fail(VMGRANT_INTERNAL, _("reattach: %s: cannot be locked: %s"),
				    LOCK_FILE, strerror(errno));
	} else {
		code = reattach_all(options);
	}
	if (lock >= 0)
		close(lock);
	return code;
}

int command_reattach(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "dry-run", no_argument, NULL, 'd' }, { "quiet", no_argument, NULL, 'q' },
		{ "json", no_argument, NULL, 'j' },    { "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	struct options options = { 0 };
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "+:hq", long_options, NULL)) >= 0) {
		if (option == 'h')
			return print_help();
		if (option == 'd')
			options.is_dry = 1;
		else if (option == 'q')
			options.is_quiet = 1;
		else if (option == 'j')
			options.is_json = 1;
		else
			return command_fail_unknown("reattach", option, argv, long_options);
	}
	options.bridges = argv + optind;
	if (options.is_json)
		language_stay_english();
	return lock_and_reattach(&options);
}
