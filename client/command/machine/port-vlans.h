/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The VLANs of a bridge's port. Reading needs no privilege.
 */
#ifndef VMGRANT_CLIENT_COMMAND_MACHINE_PORT_VLANS_H
#define VMGRANT_CLIENT_COMMAND_MACHINE_PORT_VLANS_H

/* 1 if the port is in this VLAN, without tags, and in no other; 0 if not, or not to be told. */
int port_vlans_are(unsigned ifindex, unsigned vlan);

#endif
