/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant list: ports of running guests that are not on their bridges any more. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/common/json.h"
#include "client/command/list/list.h"
#include "client/command/machine/ports.h"
#include "client/text/language.h"
#include "client/text/message.h"
#include "client/text/text.h"

static const char *describe(enum port_state state)
{
	static const char *const texts[] = {
		[PORT_WHOLE] = N_("in place"),
		[PORT_RESIZED] = N_("has not the bridge's MTU: sudo vmgrant reattach"),
		[PORT_UNHELD] = N_("no program has it open: vmgrant tap --remove"),
		[PORT_DOWN] = N_("somebody has set it down"),
		[PORT_ELSEWHERE] = N_("somebody has put it on another bridge"),
		[PORT_OFF] = N_("on no bridge: sudo vmgrant reattach"),
		[PORT_BARE] = N_("without its limits: sudo vmgrant reattach"),
	};

	return _(texts[state]);
}

static void print_port(struct list *list, const struct port *port, size_t row)
{
	char *user = port_user(port);

	text_clean(user);
	if (row == 0)
		(void)printf("%s%-*s  %-*s  %-*s  %s\n", list->row_count > 0 ? "\n" : "",
			     language_field(_("PORT"), 15), _("PORT"),
			     language_field(_("BRIDGE"), 15), _("BRIDGE"),
			     language_field(_("USER"), 11), _("USER"), _("WHAT IS WRONG"));
	list->row_count++;
	(void)printf("%-15s  %-15s  %-11s  %s\n", port->name, port->made.bridge, user,
		     describe(port->state));
	free(user);
}

static json_object *to_json(const struct port *port)
{
	json_object *object = json_object_new_object();
	char *user = port_user(port);

	text_clean(user);
	json_add_text(object, "port", port->name);
	json_add_text(object, "bridge", port->made.bridge);
	json_add_text(object, "user", user);
	json_add_number(object, "uid", port->made.uid);
	json_add_text(object, "state", port_state_word(port->state));
	json_add_flag(object, "persistent", port->is_persistent);
	if (port->master_ifindex != 0)
		json_add_text(object, "on", port->master);
	free(user);
	return object;
}

int list_ports(struct list *list)
{
	json_object *section = NULL;
	struct ports ports;
	size_t rows = 0;
	int error = ports_find(&ports);

	if (error < 0)
		return command_fail(VMGRANT_INTERNAL, _("network interfaces: cannot be listed: %s"),
				    strerror(-error));
	if (list->sections != NULL) {
		section = json_object_new_array();
		json_add(list->sections, "ports", section);
	}
	for (size_t i = 0; i < ports.count; i++) {
		const struct port *port = &ports.items[i];

		if (getuid() != 0 && getuid() != port->made.uid)
			continue;
		if (section != NULL)
			(void)json_object_array_add(section, to_json(port));
		else if (port->state != PORT_WHOLE)
			print_port(list, port, rows++);
	}
	ports_release(&ports);
	return VMGRANT_GRANTED;
}
