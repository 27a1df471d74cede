/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant setup: the bridge, by the software that configures the network here. */
#include "client/command/common/command.h"
#include "client/command/setup/network/host.h"
#include "client/command/setup/plan/plan.h"
#include "client/text/message.h"

int plan_bridge(const struct setup *setup, struct setup_changes *changes)
{
	struct bridge_plan plan = { .bridge = setup->bridge, .card = setup->uplink };

	if (!setup->is_bridge_new)
		return VMGRANT_GRANTED;
	if (plan.card == NULL)
		host_own_mac(plan.bridge, plan.mac);
	else if (!host_card_mac(plan.card, plan.mac))
		return command_fail(VMGRANT_OBJECT,
				    _("setup: --uplink %s: its address cannot be read"), plan.card);
	return setup->manager->plan(&plan, changes);
}
