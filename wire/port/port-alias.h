/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What an interface's alias says about a port of ours. Pure.
 *
 *     vmgrant: user alice (uid 1000) on br0, isolated, lock-mac=52:54:00:12:34:56, vlan=42
 *
 * A bridge forgets everything about a port that leaves it. The alias stays with the
 * interface, whatever becomes of its name and its bridge, and says what it takes to
 * make the port again: whose it is, on which bridge, with which limits.
 *
 * It can be trusted as the interface's name can: who may write an alias, or make an
 * interface, in this network namespace has CAP_NET_ADMIN over it. What comes from
 * elsewhere with an alias of its own is a device of hardware that a container gave back;
 * so an alias counts only on a TAP or a veth pair, which never leave a namespace that way.
 */
#ifndef VMGRANT_WIRE_PORT_PORT_ALIAS_H
#define VMGRANT_WIRE_PORT_PORT_ALIAS_H

#include <net/if.h>
#include <sys/types.h>

#define PORT_ALIAS_SIZE 256 /* IFALIASZ */

struct port_alias {
	uid_t uid;
	char bridge[IFNAMSIZ]; /* that the rule named */
	int isolated;
	int is_locked; /* to guest_mac */
	unsigned char guest_mac[6];
	unsigned vlan; /* 0: any */
};

/* user is for people only, and cut where it is very long. */
void port_alias_format(const char *user, const struct port_alias *alias,
		       char text_out[PORT_ALIAS_SIZE]);

/*
 * Returns -1 for any other text, also for one with a word that is not known here: a
 * limit that cannot be kept.
 */
int port_alias_parse(const char *text, struct port_alias *alias_out);

#endif
