/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A card's configuration as its bridge's. Pure.
 */
#ifndef VMGRANT_CLIENT_COMMAND_SETUP_NETWORK_NETWORK_TEXT_H
#define VMGRANT_CLIENT_COMMAND_SETUP_NETWORK_NETWORK_TEXT_H

/* A .network file, to be freed: all but what it matches, and a hardware address. */
char *network_text_for(const char *text, const char *bridge);

#endif
