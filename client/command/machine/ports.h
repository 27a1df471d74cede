/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The ports that the helper has made in this network namespace, and what has become of
 * them. Reading needs no privilege.
 *
 * What a port was made for stands in its alias, which only who may make interfaces here
 * can write (wire/port/port-alias.h). Whether it still is like that is looked up by the
 * code that made it: a second opinion about a port's limits would one day be another.
 */
#ifndef VMGRANT_CLIENT_COMMAND_MACHINE_PORTS_H
#define VMGRANT_CLIENT_COMMAND_MACHINE_PORTS_H

#include <net/if.h>
#include <stddef.h>

#include "helper/port/netlink.h"
#include "wire/port/port-alias.h"

enum port_state {
	PORT_WHOLE = 0, /* on its bridge, up, with all its limits */
	PORT_RESIZED,   /* on its bridge, which has another MTU now */
	PORT_UNHELD,    /* the same, but no program has it open: it was made persistent */
	PORT_DOWN,      /* on its bridge, set down by somebody */
	PORT_ELSEWHERE, /* somebody has put it on another bridge */
	PORT_OFF,       /* on no bridge */
	PORT_BARE,      /* on its bridge, without its limits */
};

struct port {
	char name[IFNAMSIZ];
	char alias[PORT_ALIAS_SIZE];
	unsigned ifindex;
	unsigned mtu_bytes;
	char master[IFNAMSIZ]; /* "": none */
	unsigned master_ifindex;
	struct port_alias made; /* what it was made for */
	int is_persistent;      /* a TAP that stays without a program that has it open */
	enum port_state state;
};

struct ports {
	struct port *items;
	size_t count;
};

/* All of them, sorted by name. Returns 0 or -errno, and then none. */
int ports_find(struct ports *ports_out);

void ports_release(struct ports *ports);

/* The name of its user as the alias has it, to be freed by the caller. */
char *port_user(const struct port *port);

/* "isolated, vlan=42", or "": its limits, to be freed by the caller. */
char *port_limits(const struct port *port);

/* One word: "whole", "off", ... */
const char *port_state_word(enum port_state state);

/* What a bridge's port has to be like to be this one. alias stays the port's. */
void port_fill_setup(const struct port *port, const struct bridge *bridge,
		     struct port_setup *setup_out);

#endif
