/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Getting a network card: what vmgrant run and vmgrant attach share.
 */
#ifndef VMGRANT_CLIENT_COMMAND_KIND_BRIDGE_CARD_H
#define VMGRANT_CLIENT_COMMAND_KIND_BRIDGE_CARD_H

#include "client/command/kind/bridge/launch-card.h"

/* Check what only card and model together tell. Returns 0 or the exit status. */
int card_check(const struct card *card);

/*
 * Ask for the card, which has its address. flags: VMGRANT_TAP_MAC if the guest
 * learns that address from us, VMGRANT_TAP_INTERACTIVE. Returns 0 or the exit
 * status, and has said why.
 */
int card_ask(struct vmgrant_connection *connection, struct card *card, unsigned flags);

/*
 * The beginning of what an address is derived from: machine, person, bridge and
 * what the guest is known by. To be extended, and freed by the caller.
 */
char *card_seed(size_t index, const char *bridge, const char *guest);

#endif
