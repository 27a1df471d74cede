/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * One request, decoded and well-formed, before anybody judged it.
 */
#ifndef VMGRANT_JUDGE_REQUEST_H
#define VMGRANT_JUDGE_REQUEST_H

#include "judge/policy/acl.h"

/* Most queues of one request: each may bring a vhost-net fd, and 32 fds fit in a reply. */
#define REQUEST_QUEUES_MAX 16u

enum request_purpose {
	PURPOSE_GRANT = 1,
	PURPOSE_QUERY, /* say what would be given by the rules, and make nothing */
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
	enum acl_kind kind;
	enum request_purpose purpose;
	enum request_origin origin;
	enum request_interaction interaction;

	/* of ACL_KIND_BRIDGE */
	char bridge[ACL_BRIDGE_NAME_MAX + 1]; /* valid by acl_bridge_name_valid() */
	enum request_vnet_header vnet_header;
	enum request_vhost vhost;
	unsigned queues; /* 1 to REQUEST_QUEUES_MAX */
	int has_mac;     /* 1: guest_mac is set */
	unsigned char guest_mac[6]; /* usable by mac_is_usable() */

#define FIELDS(NAME, name) struct request_##name name; /* of ACL_KIND_NAME */
	DEVICE_KINDS(FIELDS)
#undef FIELDS
};

#define REQUEST_TEXT_SIZE 160

/*
 * "bridge br0", "usb 0951:1666 port 1-1.4", in printable ASCII; long serials are cut. As the row of
 * its kind says: judge/kind/kinds.c.
 */
void request_describe(const struct request *request, char text[REQUEST_TEXT_SIZE]);

#endif
