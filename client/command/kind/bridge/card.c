/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Getting a network card. */
#include "client/command/kind/bridge/card.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/text/message.h"

int card_check(const struct card *card)
{
	if (card->option.queues > 1 && card->option.model[0] != '\0' &&
	    !net_option_is_virtio(&card->option))
		return command_fail(VMGRANT_USAGE,
				    _("--net %s: model %s has one queue: leave queues= out"),
				    card->option.bridge, card->option.model);
	return VMGRANT_GRANTED;
}

int card_ask(struct vmgrant_connection *connection, struct card *card, unsigned flags)
{
	struct vmgrant_tap_request request = {
		.size = sizeof request,
		.bridge = card->option.bridge,
		.queues = card->option.queues,
		.flags = flags,
	};
	enum vmgrant_code code;
	sigset_t before;
	int status;

	if (card->option.vnet == NET_OPTION_VNET_ON)
		request.flags |= VMGRANT_TAP_VNET_HEADER;
	if (card->option.vhost == NET_OPTION_VHOST_ON)
		request.flags |= VMGRANT_TAP_VHOST;
	memcpy(request.mac, card->option.mac, sizeof request.mac);
	card->tap.size = sizeof card->tap;
	command_hold_interrupts(&before);
	code = vmgrant_tap(connection, &request, &card->tap);
	status = command_end_request(connection, code, "bridge", card->option.bridge, &before);
	if (status != VMGRANT_GRANTED)
		return status;
	if (card->option.vhost == NET_OPTION_VHOST_ON && card->tap.vhost_count == 0)
		return command_fail(VMGRANT_UNSUPPORTED,
				    _("bridge %s: no vhost: the rule does not give it: "
				      "leave vhost=on out"),
				    card->option.bridge);
	return VMGRANT_GRANTED;
}

static void append_line_of(char **text, const char *path)
{
	char line[64] = "";
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return;
	if (fgets(line, sizeof line, file) != NULL)
		text_append(text, line, strlen(line));
	(void)fclose(file);
}

char *card_seed(size_t index, const char *bridge, const char *guest)
{
	char *seed = text_format("%u %zu %s %s ", (unsigned)getuid(), index, bridge, guest);

	append_line_of(&seed, "/etc/machine-id");
	return seed;
}
