/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What vmgrant setup has to know of this machine's network.
 */
#ifndef VMGRANT_CLIENT_COMMAND_SETUP_NETWORK_HOST_H
#define VMGRANT_CLIENT_COMMAND_SETUP_NETWORK_HOST_H

/* The interface of the default route with the lowest metric, to be freed; NULL: none. */
char *host_uplink(void);

/* 1 if there is such an interface, or a bridge of that name. */
int host_has_interface(const char *name);
int host_has_bridge(const char *name);

/* 1 if a bridge to be made may have that name: it goes into file names and shell lines. */
int host_name_is_good(const char *name);

/* Why a card cannot become the port of a bridge, to be freed; NULL: it can. */
char *host_card_obstacle(const char *card);

/* The address of a card, or a fixed one of this machine's own for a bridge of that name. */
int host_card_mac(const char *card, char mac_out[18]);
void host_own_mac(const char *bridge, char mac_out[18]);

/* The UUID of this machine's profile of a bridge, or of its port: card, "" for the bridge. */
void host_own_uuid(const char *bridge, const char *card, char uuid_out[37]);

#endif
