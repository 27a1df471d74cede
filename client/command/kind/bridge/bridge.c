/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Network cards on bridges: the row. */
#include "client/command/kind/bridge/bridge.h"

#include "client/command/kind/kind.h"
#include "client/command/machine/bridges.h"
#include "client/text/message.h"

static void bridge_objects(struct words *objects, const char *command)
{
	(void)command;
	(void)bridges_find(objects);
}

const struct command_kind command_kind_bridge = {
	.word = "bridge",
	.option = "net",
	.object = "BRIDGE",
	.none = N_("no bridge"),
	.example = "br0",
	.run_help =
		N_("  --net BRIDGE       a card on this bridge; may be repeated\n"
		   "        ,queues=N        1 to 16, at most what the rule gives [1]\n"
		   "        ,vhost=on|off    packets by the kernel's vhost-net [off]\n"
		   "        ,vnet=on|off     the virtio-net header before each frame [on]\n"
		   "        ,mac=ADDRESS     of the guest's card [the same for the same guest: by\n"
		   "                         QEMU's -uuid, -name, or the whole command]\n"
		   "        ,model=NAME      of the card, for QEMU [what fits the machine]\n"
		   "        ,id=NAME         of the netdev, for QEMU [vmgrant-net0...]\n"
		   "        ,bus=NAME        where QEMU puts the card [its choice]\n"),
	.attach_help = N_(
		"  --net BRIDGE       a card on this bridge\n"
		"        ,queues=N        1 to 16, at most what the rule gives [1]\n"
		"        ,vhost=on|off    packets by the kernel's vhost-net [off]\n"
		"        ,vnet=on|off     the virtio-net header before each frame [on]\n"
		"        ,mac=ADDRESS     of the guest's card [the same for the same guest and id]\n"
		"        ,model=NAME      of the card, for QEMU [what fits the machine]\n"
		"        ,bus=NAME        where QEMU puts the card [the last that takes it]\n"),
	.explain_help = "  bridge NAME\n",
	.summary = "a card on a bridge",
	.run_words = "queues= vhost=on vhost=off vnet=on vnet=off mac= model= bus= id=",
	/* attach has --id. */
	.attach_words = "queues= vhost=on vhost=off vnet=on vnet=off mac= model= bus=",
	.objects = bridge_objects,
	.run = &run_card,
	.attach = &attach_card,
	.list = list_bridges,
};
