/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A network card for a QEMU that runs already. */
#include <stdlib.h>
#include <string.h>

#include "client/command/attach/qmp-command.h"
#include "client/command/common/command.h"
#include "client/command/kind/bridge/bridge.h"
#include "client/command/kind/bridge/net-device.h"
#include "client/qmp/net.h"
#include "client/text/message.h"

struct attached_card {
	struct card card;
	struct qmp_net plugged;
};

static int take(void *thing, const char *text)
{
	struct card *card = &((struct attached_card *)thing)->card;
	char why[256];

	if (net_option_parse(text, &card->option, why, sizeof why) < 0)
		return command_fail(VMGRANT_USAGE, _("--net: %s: try vmgrant attach --help"), why);
	if (card->option.id[0] != '\0')
		return command_fail(VMGRANT_USAGE, _("--net: id=%s: use --id"), card->option.id);
	return card_check(card);
}

/* The model that fits the machine, where none was named. */
static int prepare(void *thing, struct attach *attach)
{
	struct card *card = &((struct attached_card *)thing)->card;
	struct net_option *option = &card->option;
	struct qemu_machine machine;
	int has_pci, code = attach_learn_machine(attach, &machine, &has_pci);

	if (code != VMGRANT_GRANTED)
		return code;
	if (option->model[0] == '\0' && machine.bus != QEMU_BUS_PCI &&
	    machine.bus != QEMU_BUS_CCW) {
		/* microvm with pcie=on: only its PCI bus takes a card later. */
		if (!has_pci)
			return command_fail(COMMAND_REFUSED,
					    _("%s: machine %s takes no card while "
					      "it runs: use vmgrant run"),
					    attach->id, machine.name);
		machine.bus = QEMU_BUS_PCI;
	}
	(void)net_device_choose_model(&machine, option);
	return card_check(card);
}

/* What the guest is known by, to be freed. */
static char *guest_of(const struct monitor *monitor)
{
	char *path;

	if (monitor->domain != NULL)
		return text_format("libvirt domain %s", monitor->domain);
	path = realpath(monitor->socket, NULL);
	return path == NULL ? text_format("%s", monitor->socket) : path;
}

/* The same guest has its monitor in the same place and its card under the same id. */
static void choose_mac(struct net_option *option, const struct attach *attach)
{
	char *guest = guest_of(&attach->monitor);
	char *seed = card_seed(0, option->bridge, guest);

	text_append(&seed, "\n", 1);
	text_append(&seed, attach->id, strlen(attach->id));
	net_option_derive_mac(option->mac, seed, strlen(seed));
	free(seed);
	free(guest);
}

static int ask(void *thing, struct attach *attach, struct vmgrant_connection *connection)
{
	struct card *card = &((struct attached_card *)thing)->card;

	if (!card->option.has_mac)
		choose_mac(&card->option, attach);
	return card_ask(connection, card,
			VMGRANT_TAP_MAC | prompt_flag(attach->prompt, VMGRANT_TAP_INTERACTIVE));
}

/* ---- plugging in, undoing ---- */

static json_object *make_device(const void *context, const char *id, const char *netdev)
{
	const struct card *card = context;

	return net_device_object(&card->option, id, netdev, card->tap.mtu_bytes, 0);
}

static enum qmp_result plug(void *thing, struct attach *attach)
{
	struct attached_card *attached = thing;

	attached->plugged = (struct qmp_net){
		.tap = &attached->card.tap,
		.device = make_device,
		.option = &attached->card,
		.is_pci = net_option_is_pci(&attached->card.option),
	};
	memcpy(attached->plugged.id, attach->id, sizeof attach->id);
	return qmp_net_plug(&attach->qmp, &attached->plugged);
}

static enum qmp_result undo(void *thing, struct attach *attach)
{
	return qmp_net_undo(&attach->qmp, &((struct attached_card *)thing)->plugged);
}

static const char *name(const void *thing)
{
	return ((const struct attached_card *)thing)->card.tap.port;
}

static void describe(const void *thing, const struct attach *attach, json_object *object)
{
	const struct card *card = &((const struct attached_card *)thing)->card;
	char netdev[QMP_NETDEV_SIZE], mac[NET_OPTION_MAC_TEXT_SIZE];

	qmp_net_name(netdev, attach->id);
	qmp_add_argument(object, "netdev", netdev);
	qmp_add_argument(object, "mac", net_option_format_mac(mac, card->option.mac));
	qmp_add_argument(object, "bridge", card->option.bridge);
	qmp_add_argument(object, "port", card->tap.port);
}

static void release(void *thing)
{
	vmgrant_tap_close(&((struct attached_card *)thing)->card.tap);
}

const struct attach_kind attach_card = {
	.size = sizeof(struct attached_card),
	.take = take,
	.prepare = prepare,
	.ask = ask,
	.plug = plug,
	.undo = undo,
	.name = name,
	.describe = describe,
	.release = release,
	.owns = qmp_net_owns,
	.remove_rest = qmp_net_remove_rest,
};
