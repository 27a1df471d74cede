/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * PCI devices: what a rule selects, what an object is, what a request names.
 */
#ifndef VMGRANT_JUDGE_KIND_VFIO_TYPES_H
#define VMGRANT_JUDGE_KIND_VFIO_TYPES_H

#include "judge/policy/id.h"

struct acl_vfio_selector {
	const char *address; /* "0000:03:00.0" or "03:00.0" in lower case, or NULL: by ids */
	struct acl_id16 vendor, device;
};

struct acl_vfio_object {
	const char *address;
	uint16_t vendor, device;
};

/* Which nodes of a PCI device: programs before QEMU 9.0 know no iommufd. */
enum request_vfio_nodes { VFIO_NODES_NEWEST = 0, VFIO_NODES_GROUP };

#define REQUEST_PCI_ADDRESS_SIZE 16u
#define REQUEST_MEMLOCK_ALL UINT64_MAX /* as much as the rule gives */

struct request_vfio {
	char address[REQUEST_PCI_ADDRESS_SIZE]; /* the kernel's form, "0000:03:00.0" */
	enum request_vfio_nodes nodes;
	uint64_t memlock_bytes; /* 0: leave the limit; REQUEST_MEMLOCK_ALL */
};

#endif
