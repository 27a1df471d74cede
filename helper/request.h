/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One request, decoded and well-formed, before anybody judged it.
 */
#ifndef VMGRANT_HELPER_REQUEST_H
#define VMGRANT_HELPER_REQUEST_H

#include "helper/acl.h"

/* Most queues of one request: each may bring a vhost-net fd, and 32 fds fit in a reply. */
#define REQUEST_QUEUES_MAX 16u

enum request_kind {
	REQUEST_TAP = 1, /* make a TAP on a bridge */
	REQUEST_QUERY,   /* say what a TAP there would be given, and make nothing */
};

/* What a request can have and be asked depends on the door that it came through. */
enum request_origin {
	REQUEST_DROP_IN = 1, /* qemu-bridge-helper's contract: one queue, direct, never a prompt */
	REQUEST_NATIVE,
};

enum request_vnet_header { VNET_HEADER_OFF = 0, VNET_HEADER_ON };

enum request_vhost { VHOST_OFF = 0, VHOST_ON };

/* Whether polkit may ask the person, which takes minutes. */
enum request_interaction { INTERACTION_NONE = 0, INTERACTION_ALLOWED };

struct request {
	enum request_kind kind;
	enum request_origin origin;
	char bridge[ACL_BRIDGE_NAME_MAX + 1]; /* valid by acl_bridge_name_valid() */
	enum request_vnet_header vnet_header;
	enum request_vhost vhost;
	enum request_interaction interaction;
	unsigned queues; /* 1 to REQUEST_QUEUES_MAX */
	int has_mac;     /* 1: guest_mac is set */
	unsigned char guest_mac[6]; /* unicast */
};

#endif
