/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A bridge on a machine whose network nothing looks after: it lasts until the next boot. */
#include "client/command/common/command.h"
#include "client/command/setup/network/manager.h"
#include "client/text/message.h"

static int manages(const char *card)
{
	return card == NULL;
}

static int plan(const struct bridge_plan *bridge, struct setup_changes *changes)
{
	struct setup_change *change;

	if (bridge->card != NULL)
		return command_fail(VMGRANT_USAGE,
				    _("setup: --manager ip: it moves no address to a "
				      "bridge: see doc/bridges.md"));
	change = changes_add_command(changes, NETWORK_PART,
				     SETUP_WORDS("ip", "link", "add", bridge->bridge, "address",
						 bridge->mac, "type", "bridge"));
	change_add_undo(change,
			SETUP_WORDS("ip", "link", "delete", bridge->bridge, "type", "bridge"));
	(void)changes_add_command(changes, NETWORK_PART,
				  SETUP_WORDS("ip", "link", "set", bridge->bridge, "up"));
	return VMGRANT_GRANTED;
}

const struct setup_manager manager_ip = { "ip", N_("ip, until the next boot"), manages, plan };
