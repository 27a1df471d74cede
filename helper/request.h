/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One request, decoded and well-formed, before anybody judged it.
 */
#ifndef VMGRANT_HELPER_REQUEST_H
#define VMGRANT_HELPER_REQUEST_H

#include "helper/acl.h"

enum request_kind { REQUEST_TAP = 1 };

enum request_vnet_header { VNET_HEADER_OFF = 0, VNET_HEADER_ON };

struct request {
	enum request_kind kind;
	char bridge[ACL_BRIDGE_NAME_MAX + 1]; /* valid by acl_bridge_name_valid() */
	enum request_vnet_header vnet_header;
};

#endif
