/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The native protocol, version 1: messages and their layout. Pure.
 *
 * One SOCK_SEQPACKET message is one request or one reply. doc/protocol.md is the
 * same layout for readers of other languages; the two change together. Integers
 * are little-endian, unused bytes are zero, strings are ended and filled by NUL.
 * Nothing here allocates or opens anything.
 */
#ifndef VMGRANT_WIRE_PROTOCOL_PROTOCOL_H
#define VMGRANT_WIRE_PROTOCOL_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

#include "wire/refusal/reply.h"

#define PROTOCOL_VERSION 1u
#define PROTOCOL_HEADER_SIZE 16u
#define PROTOCOL_TAP_REQUEST_SIZE 48u /* also of a QUERY */
#define PROTOCOL_USB_REQUEST_SIZE 192u
#define PROTOCOL_VFIO_REQUEST_SIZE 48u
#define PROTOCOL_DISK_REQUEST_SIZE 280u
#define PROTOCOL_REQUEST_SIZE_MAX PROTOCOL_DISK_REQUEST_SIZE
#define PROTOCOL_REPLY_SIZE 608u
#define PROTOCOL_NAME_SIZE 16u /* IFNAMSIZ */
#define PROTOCOL_NODE_SIZE 32u     /* "/dev/bus/usb/001/004" */
#define PROTOCOL_USB_PORT_SIZE 32u /* "1-1.4": a bus and at most six hubs */
#define PROTOCOL_USB_SERIAL_SIZE 128u
#define PROTOCOL_PCI_ADDRESS_SIZE 16u /* "0000:03:00.0" */
#define PROTOCOL_DISK_NAME_SIZE 256u  /* "/dev/disk/by-id/ata-X" */
#define PROTOCOL_SENTENCE_SIZE 512u
#define PROTOCOL_QUEUES_MAX 16u /* with a vhost fd for each, 32 fds in one message */

enum protocol_type {
	PROTOCOL_TAP = 1,   /* make a TAP on a bridge */
	PROTOCOL_QUERY = 2, /* what would a TAP on this bridge be given? makes nothing */
	PROTOCOL_USB = 3,   /* the node of a USB device */
	PROTOCOL_VFIO = 4,  /* the nodes of a PCI device bound to VFIO */
	PROTOCOL_DISK = 5,  /* a block device */
};

enum protocol_tap_flag {
	PROTOCOL_TAP_VNET_HEADER = 1u << 0, /* with the virtio-net header */
	PROTOCOL_TAP_VHOST = 1u << 1,       /* a vhost-net fd for each queue */
	PROTOCOL_TAP_INTERACTIVE = 1u << 2, /* polkit may ask the person, for minutes */
	PROTOCOL_TAP_MAC = 1u << 3,         /* mac holds the guest's address */
};

#define PROTOCOL_TAP_FLAGS_ALL 0xfu

struct protocol_header {
	uint16_t version;
	uint16_t type;
	uint32_t serial; /* the client's choice; a reply carries its request's */
};

struct protocol_tap_request {
	char bridge[PROTOCOL_NAME_SIZE];
	uint32_t flags;
	uint16_t queues;
	uint8_t mac[6];
};

/* Of requests for the nodes of devices. */
enum protocol_device_flag {
	PROTOCOL_DEVICE_INTERACTIVE = 1u << 0, /* polkit may ask the person, for minutes */
	PROTOCOL_DEVICE_QUERY = 1u << 1,       /* judge only: no polkit, nothing is opened */
};

/* Which fields of a USB request name the device: one at least; all named must fit. */
enum protocol_usb_flag {
	PROTOCOL_USB_IDS = 1u << 8,    /* vendor and product */
	PROTOCOL_USB_SERIAL = 1u << 9, /* serial; only together with another one */
	PROTOCOL_USB_PORT = 1u << 10,  /* port */
	PROTOCOL_USB_NUMBER = 1u << 11, /* bus and device */
};

enum protocol_vfio_flag {
	PROTOCOL_VFIO_GROUP = 1u << 2, /* group and container, also where there is an iommufd */
};

enum protocol_disk_flag {
	PROTOCOL_DISK_READ_ONLY = 1u << 2, /* opened for reading alone */
};

#define PROTOCOL_USB_FLAGS_ALL 0xf03u
#define PROTOCOL_VFIO_FLAGS_ALL 0x7u
#define PROTOCOL_DISK_FLAGS_ALL 0x7u

struct protocol_usb_request {
	uint32_t flags;
	uint16_t vendor, product;
	uint16_t bus, device; /* as lsusb counts them, from 1 */
	char port[PROTOCOL_USB_PORT_SIZE];
	char serial[PROTOCOL_USB_SERIAL_SIZE];
};

struct protocol_vfio_request {
	uint32_t flags;
	/*
	 * What RLIMIT_MEMLOCK of the process at the other end of the socket is to be
	 * raised to; 0: left alone, UINT64_MAX: as far as the rule allows.
	 */
	uint64_t memlock_bytes;
	char address[PROTOCOL_PCI_ADDRESS_SIZE];
};

struct protocol_disk_request {
	uint32_t flags;
	char name[PROTOCOL_DISK_NAME_SIZE];
};

struct protocol_request {
	struct protocol_header header;
	struct protocol_tap_request tap; /* of TAP and QUERY */
	struct protocol_usb_request usb;
	struct protocol_vfio_request vfio;
	struct protocol_disk_request disk;
};

enum protocol_port_flag {
	PROTOCOL_PORT_VNET_HEADER = 1u << 0, /* granted: the fd has the header */
	PROTOCOL_PORT_SEALED = 1u << 1,      /* the TAP is in a network namespace of its own */
	PROTOCOL_PORT_ISOLATED = 1u << 2,
	PROTOCOL_PORT_LOCK_MAC = 1u << 3,
	PROTOCOL_PORT_VHOST = 1u << 4,       /* QUERY: the rule gives vhost-net fds */
	PROTOCOL_PORT_POLKIT = 1u << 5,      /* QUERY: polkit will be asked */
};

/* Of replies to requests for devices. */
enum protocol_node_flag {
	PROTOCOL_NODE_IOMMUFD = 1u << 0, /* VFIO: the device's own node and /dev/iommu */
	PROTOCOL_NODE_READ_ONLY = 1u << 1, /* DISK: opened for reading alone */
	PROTOCOL_NODE_POLKIT = 1u << 5,  /* query: polkit will be asked */
};

/*
 * The fds of a granted request, in this order: TAP: one a queue, then the vhost-net
 * ones. USB: the node. VFIO: /dev/vfio/devices/vfioN and /dev/iommu with
 * PROTOCOL_NODE_IOMMUFD, otherwise the node of the group and /dev/vfio/vfio. DISK: the
 * node, claimed (O_EXCL) for as long as anybody has it open.
 */
struct protocol_reply {
	struct protocol_header header;
	uint32_t code;  /* enum reply_code */
	uint32_t flags; /* enum protocol_port_flag or enum protocol_node_flag */

	/* of TAP and QUERY */
	uint32_t mtu_bytes;   /* payload; 0 unless granted */
	uint32_t quota;       /* QUERY: of the rule, 0 for none */
	uint32_t quota_used;  /* QUERY: interfaces that count towards it */
	uint16_t queues;      /* TAP: fds of queues; QUERY: most that the rule gives */
	uint16_t vhost_count; /* vhost-net fds, after those of the queues */
	uint16_t vlan;        /* 0: none */
	char port[PROTOCOL_NAME_SIZE]; /* the interface on the bridge */
	char tap[PROTOCOL_NAME_SIZE];  /* the TAP's own name, what TUNGETIFF says */

	/* of USB, VFIO and DISK */
	uint16_t fd_count;
	uint64_t disk_bytes;    /* DISK: its size */
	uint64_t memlock_bytes; /* VFIO: the limit now, 0: not known; of a query: what the rule gives */
	char node[PROTOCOL_NODE_SIZE]; /* path of the first fd's node */

	char sentence[PROTOCOL_SENTENCE_SIZE];
};

/* Why bytes are no message. */
enum protocol_error {
	PROTOCOL_OK = 0,
	PROTOCOL_SHORT,   /* not even a header; there is no serial to answer to */
	PROTOCOL_MAGIC,   /* not a message of this protocol */
	PROTOCOL_VERSION_UNKNOWN,
	PROTOCOL_TYPE_UNKNOWN,
	PROTOCOL_LENGTH,  /* longer or shorter than its type, or than it says itself */
	PROTOCOL_FLAG_UNKNOWN,
	PROTOCOL_RESERVED, /* a byte that must be zero is not */
	PROTOCOL_STRING,  /* not ended by NUL, or something behind the NUL */
};

/* How long a request of that type is; 0 for an unknown type. */
size_t protocol_request_size(uint16_t type);

/* Whether it is about the node of a device: its flags are enum protocol_device_flag. */
int protocol_request_is_device(const struct protocol_request *request);

/* Whether it only asks what the rules say, and brings no files. */
int protocol_request_is_query(const struct protocol_request *request);

/* Whether polkit may ask the person, which takes minutes. */
int protocol_request_is_interactive(const struct protocol_request *request);

/* Write a request or reply. Returns its size, or 0 when size is less. */
size_t protocol_encode_request(const struct protocol_request *request, uint8_t *bytes, size_t size);
size_t protocol_encode_reply(const struct protocol_reply *reply, uint8_t *bytes, size_t size);

/*
 * Read a message. Everything is checked but the meaning: names and numbers may
 * still be nonsense. After any error but PROTOCOL_SHORT and PROTOCOL_MAGIC the
 * header in the result is filled, so that the error can be answered.
 */
enum protocol_error protocol_decode_request(const uint8_t *bytes, size_t length,
					    struct protocol_request *request);
enum protocol_error protocol_decode_reply(const uint8_t *bytes, size_t length,
					  struct protocol_reply *reply);

/* A phrase for people. */
const char *protocol_error_text(enum protocol_error error);

#endif
