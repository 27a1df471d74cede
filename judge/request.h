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

/* Which nodes of a PCI device: programs before QEMU 9.0 know no iommufd. */
enum request_vfio_nodes { VFIO_NODES_NEWEST = 0, VFIO_NODES_GROUP };

#define REQUEST_USB_PORT_SIZE 32u
#define REQUEST_USB_SERIAL_SIZE (ACL_SERIAL_MAX + 2u)
#define REQUEST_PCI_ADDRESS_SIZE 16u
#define REQUEST_MEMLOCK_ALL UINT64_MAX /* as much as the rule gives */

/* What names a USB device: all that is given has to fit, and something is. */
struct request_usb {
	uint8_t has_ids, has_number; /* 1: given */
	uint16_t vendor, product;
	uint16_t bus, device;               /* 1 to 999 each */
	char port[REQUEST_USB_PORT_SIZE];   /* well-formed, "1-1.4"; "": not given */
	char serial[REQUEST_USB_SERIAL_SIZE]; /* any bytes; "": not given */
};

#define REQUEST_DISK_NAME_SIZE 256u

/* What names a disk. */
struct request_disk {
	char name[REQUEST_DISK_NAME_SIZE]; /* valid by disk_name_is_valid() */
	uint8_t read_only;
};

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

	/* of ACL_KIND_USB */
	struct request_usb usb;

	/* of ACL_KIND_VFIO */
	char pci_address[REQUEST_PCI_ADDRESS_SIZE]; /* the kernel's form, "0000:03:00.0" */
	enum request_vfio_nodes vfio_nodes;
	uint64_t memlock_bytes; /* 0: leave the limit; REQUEST_MEMLOCK_ALL */

	/* of ACL_KIND_DISK */
	struct request_disk disk;
};

#define REQUEST_TEXT_SIZE 160

/* "bridge br0", "usb 0951:1666 port 1-1.4", in printable ASCII; long serials are cut. */
void request_describe(const struct request *request, char text[REQUEST_TEXT_SIZE]);

#endif
