/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant tap: those that are there, and their end. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/common/json.h"
#include "client/command/machine/ports.h"
#include "client/command/tap/tap-device.h"
#include "client/command/tap/tap.h"
#include "client/text/language.h"
#include "client/text/message.h"
#include "client/text/text.h"

/* Root has everybody's. */
static int is_ours(const struct port *port)
{
	return port->is_persistent && (getuid() == 0 || getuid() == port->made.uid);
}

static int find_ports(struct ports *ports)
{
	int error = ports_find(ports);

	return error == 0 ? VMGRANT_GRANTED
			  : command_fail(VMGRANT_INTERNAL,
					 _("network interfaces: cannot be listed: %s"),
					 strerror(-error));
}

static void print_row(const struct port *port, json_object *list, size_t row)
{
	char *user = port_user(port);
	json_object *object;

	text_clean(user);
	if (list != NULL) {
		object = json_object_new_object();
		json_add_text(object, "port", port->name);
		json_add_text(object, "bridge", port->made.bridge);
		json_add_text(object, "user", user);
		json_add_text(object, "state", port_state_word(port->state));
		(void)json_object_array_add(list, object);
	} else {
		if (row == 0)
			(void)printf("%-*s  %-*s  %-*s  %s\n", language_field(_("PORT"), 15),
				     _("PORT"), language_field(_("BRIDGE"), 15), _("BRIDGE"),
				     language_field(_("USER"), 11), _("USER"), _("STATE"));
		(void)printf("%-15s  %-15s  %-11s  %s\n", port->name, port->made.bridge, user,
			     port->state == PORT_UNHELD ? "free" : port_state_word(port->state));
	}
	free(user);
}

int tap_list(const struct tap *tap)
{
	json_object *list = tap->is_json ? json_object_new_array() : NULL;
	struct ports ports;
	size_t rows = 0;
	int code = find_ports(&ports);

	for (size_t i = 0; code == VMGRANT_GRANTED && i < ports.count; i++) {
		if (is_ours(&ports.items[i]))
			print_row(&ports.items[i], list, rows++);
	}
	if (list != NULL && code == VMGRANT_GRANTED)
		json_print(list);
	(void)json_object_put(list);
	ports_release(&ports);
	return code == VMGRANT_GRANTED && fflush(stdout) != 0 ? VMGRANT_INTERNAL : code;
}

static int fail_removal(const char *name, int error)
{
	return command_fail(error == -EBUSY ? VMGRANT_OBJECT : VMGRANT_INTERNAL,
			    _("port %s: cannot be removed: %s"), name,
			    error == -EBUSY ? _("a program has it open: end that first")
					    : strerror(-error));
}

int tap_remove(const struct tap *tap)
{
	const struct port *found = NULL;
	struct ports ports;
	int code = find_ports(&ports), result;

	for (size_t i = 0; i < ports.count; i++) {
		if (is_ours(&ports.items[i]) && strcmp(ports.items[i].name, tap->remove) == 0)
			found = &ports.items[i];
	}
	if (code == VMGRANT_GRANTED && found == NULL)
		code = command_fail(
			VMGRANT_OBJECT,
			_("port %.64s: no TAP of yours that stays: vmgrant tap lists them"),
			tap->remove);
	if (code == VMGRANT_GRANTED) {
		result = tap_device_remove(found->name);
		code = result == 0 ? VMGRANT_GRANTED : fail_removal(found->name, result);
	}
	ports_release(&ports);
	return code;
}
