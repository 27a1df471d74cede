/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A card's configuration as its bridge's. Pure.
 */
#ifndef VMGRANT_CLIENT_COMMAND_SETUP_NETWORK_NETWORK_TEXT_H
#define VMGRANT_CLIENT_COMMAND_SETUP_NETWORK_NETWORK_TEXT_H

/* A .network file, to be freed: all but what it matches, and a hardware address. */
char *network_text_for(const char *text, const char *bridge);

/*
 * What the card itself keeps of its file, to be freed: a section for that of the port, or "". No
 * frame is larger than its smallest port takes, so the bridge's MTU has to be the card's, too.
 */
char *network_text_of_port(const char *text);

#endif
