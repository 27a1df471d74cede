/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What a port of a bridge is limited to: one guest's address, one VLAN.
 *
 * Both are set while the port is down, and go with the port. Returns of all
 * functions: 0 or a negative errno.
 */
#ifndef VMGRANT_HELPER_PORT_PORT_LIMITS_H
#define VMGRANT_HELPER_PORT_PORT_LIMITS_H

#include "helper/port/netlink.h"

/*
 * Enter an address into the bridge's table as that of the guest behind a port, in
 * the port's VLANs. Frames to it go there only, and a locked port passes frames
 * from no other address (br_handle_frame_finish()).
 *
 * The entry is static, so that it does not age, and sticky: a static entry alone
 * would follow the next frame with that source from another port that learns
 * (br_fdb_update()), and the guest would be cut off for good.
 *
 * Returns -EEXIST if the bridge knows the address already: as its own, as that of
 * a port's interface, or of somebody behind another port, who would be robbed of
 * it.
 */
int port_claim_address(struct netlink *netlink, unsigned ifindex, const unsigned char mac[6]);

/*
 * Put a port that has just joined into one VLAN and take it out of those that
 * ports of the bridge begin with. The guest sends and receives without tag.
 *
 */
int port_set_vlan(struct netlink *netlink, unsigned ifindex, unsigned vlan);

#endif
