/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Which software configures the network of this host. */
#include "client/command/setup/network/manager.h"

#include <stdlib.h>
#include <string.h>

#include "client/command/common/command.h"
#include "client/command/setup/network/host.h"
#include "client/text/message.h"

const struct setup_manager *const setup_managers[] = {
	&manager_networkd, &manager_networkmanager, &manager_ifupdown, &manager_ip, NULL,
};

const struct setup_manager *manager_named(const char *word)
{
	for (size_t i = 0; setup_managers[i] != NULL; i++) {
		if (strcmp(setup_managers[i]->word, word) == 0)
			return setup_managers[i];
	}
	return NULL;
}

int manager_refuse_netplan(const struct bridge_plan *plan, const char *file)
{
	return command_fail(
		VMGRANT_OBJECT,
		_("setup: --uplink %s: %.256s is netplan's: write the bridge %s into /etc/netplan "
		  "as doc/bridges.md does, run netplan try, and then vmgrant setup without "
		  "--uplink"),
		plan->card, file, plan->bridge);
}

static const struct setup_manager *first_that_manages(const char *card)
{
	for (size_t i = 0; setup_managers[i] != NULL; i++) {
		if (setup_managers[i]->manages(card))
			return setup_managers[i];
	}
	return NULL;
}

const struct setup_manager *manager_of(const char *card)
{
	char *uplink = card == NULL ? host_uplink() : NULL;
	const struct setup_manager *found = NULL;

	/* Two may be installed, of which one has nothing to do. */
	if (uplink != NULL)
		found = first_that_manages(uplink);
	free(uplink);
	return found != NULL ? found : first_that_manages(card);
}
