/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * libvmgrant: network cards, USB and PCI devices for virtual machines of ordinary users.
 *
 * A connection is one vmgrant-helper at work. Several requests can be made on
 * it, one after the other; each gives open file descriptors that belong to the
 * program that asked. The library starts no thread, keeps no global state and
 * changes no signal; it waits for no other child than its own.
 *
 * All functions but vmgrant_version() want a connection that no other thread
 * uses at that moment. Different connections are independent.
 */
#ifndef VMGRANT_H
#define VMGRANT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VMGRANT_QUEUES_MAX 16

/* Why a request was refused. The numbers are those of the helper's exit status. */
enum vmgrant_code {
	VMGRANT_GRANTED = 0,
	VMGRANT_INTERNAL = 1,
	VMGRANT_USAGE = 2,
	VMGRANT_NO_PRIVILEGE = 3,
	VMGRANT_INSTALLATION = 4,
	VMGRANT_CHANNEL = 5,
	VMGRANT_POLICY = 6,
	VMGRANT_DENIED = 7,
	VMGRANT_POLKIT_DENIED = 8,
	VMGRANT_POLKIT_CHALLENGE = 9,
	VMGRANT_POLKIT_DISMISSED = 10,
	VMGRANT_POLKIT_FAILED = 11,
	VMGRANT_QUOTA = 12,
	VMGRANT_OBJECT = 13,
	VMGRANT_UNSUPPORTED = 14,
};

enum vmgrant_tap_flag {
	VMGRANT_TAP_VNET_HEADER = 1u << 0, /* with the virtio-net header, for virtio-net guests */
	VMGRANT_TAP_VHOST = 1u << 1,       /* a vhost-net fd for each queue */
	VMGRANT_TAP_INTERACTIVE = 1u << 2, /* polkit may ask the person: the call may take minutes */
	VMGRANT_TAP_MAC = 1u << 3,         /* mac is set */
};

enum vmgrant_port_flag {
	VMGRANT_PORT_VNET_HEADER = 1u << 0, /* the fds have the virtio-net header */
	VMGRANT_PORT_SEALED = 1u << 1,      /* the TAP is in a network namespace of its own */
	VMGRANT_PORT_ISOLATED = 1u << 2,
	VMGRANT_PORT_LOCK_MAC = 1u << 3,
	VMGRANT_PORT_VHOST = 1u << 4,  /* offer: the rule gives vhost-net fds */
	VMGRANT_PORT_POLKIT = 1u << 5, /* offer: polkit will be asked */
};

struct vmgrant_connection;

/* A request for a TAP. Set size to sizeof(struct vmgrant_tap_request), all else to 0. */
struct vmgrant_tap_request {
	size_t size;
	const char *bridge;
	unsigned queues; /* 1 to VMGRANT_QUEUES_MAX; 0 means 1 */
	unsigned flags;  /* enum vmgrant_tap_flag */
	uint8_t mac[6];  /* the guest's address, unicast, with VMGRANT_TAP_MAC */
};

/* What was granted. The fds are the caller's, close-on-exec is set. Set size first. */
struct vmgrant_tap {
	size_t size;
	unsigned queues;      /* how many of queue_fds are set */
	unsigned vhost_count; /* 0, or as many as queues */
	int queue_fds[VMGRANT_QUEUES_MAX];
	int vhost_fds[VMGRANT_QUEUES_MAX];
	unsigned flags;     /* enum vmgrant_port_flag */
	unsigned mtu_bytes; /* payload */
	char port[16];      /* the interface on the bridge */
	char tap[16];       /* the TAP itself */
};

/* What a TAP on a bridge would be given. Set size first. */
struct vmgrant_offer {
	size_t size;
	unsigned flags; /* enum vmgrant_port_flag */
	unsigned queues;
	unsigned mtu_bytes;
	unsigned quota;      /* 0: none */
	unsigned quota_used; /* interfaces of this user on the bridge */
	unsigned vlan;       /* 0: none */
};

enum vmgrant_device_flag {
	VMGRANT_DEVICE_INTERACTIVE = 1u << 0, /* polkit may ask the person: may take minutes */
	VMGRANT_DEVICE_QUERY = 1u << 1,       /* judge only: polkit is not asked, nothing opened */
	VMGRANT_VFIO_GROUP = 1u << 2,         /* group and container, also where iommufd is */
	VMGRANT_DISK_READ_ONLY = 1u << 2,     /* of a disk: opened for reading alone */
	VMGRANT_USB_IDS = 1u << 8,            /* vendor and product are set */
	VMGRANT_USB_NUMBER = 1u << 11,        /* bus and device are set */
};

enum vmgrant_node_flag {
	VMGRANT_NODE_IOMMUFD = 1u << 0, /* VFIO: the fds are for -object iommufd and vfio-pci,fd= */
	VMGRANT_NODE_READ_ONLY = 1u << 1, /* a disk, opened for reading alone */
	VMGRANT_NODE_POLKIT = 1u << 5,  /* query: polkit will be asked */
};

/*
 * A request for a USB device. Everything that is given has to fit; one of ids,
 * port and number at least. Set size, and all that is not used to 0.
 */
struct vmgrant_usb_request {
	size_t size;
	unsigned flags;           /* enum vmgrant_device_flag */
	uint16_t vendor, product; /* with VMGRANT_USB_IDS */
	uint16_t bus, device;     /* with VMGRANT_USB_NUMBER: as lsusb counts them, from 1 */
	const char *port;         /* "1-1.4", NULL: any */
	const char *serial;       /* NULL: any */
};

struct vmgrant_usb {
	size_t size;
	int fd;         /* read and write, for usb-host,hostdevice=/dev/fdset/N; -1: none */
	unsigned flags; /* enum vmgrant_node_flag */
	char node[32];  /* its path, "/dev/bus/usb/001/004" */
};

/* A request for a PCI device that is bound to VFIO. Set size, and what is not used to 0. */
struct vmgrant_vfio_request {
	size_t size;
	unsigned flags;      /* enum vmgrant_device_flag */
	const char *address; /* "0000:03:00.0" */
	/*
	 * What the limit on locked memory of the calling process is to be raised to;
	 * 0: leave it, UINT64_MAX: as far as the rule allows.
	 */
	uint64_t memlock_bytes;
};

struct vmgrant_vfio {
	size_t size;
	unsigned flags;         /* enum vmgrant_node_flag */
	int device_fd;          /* the device with VMGRANT_NODE_IOMMUFD, else its group; -1: none */
	int iommu_fd;           /* /dev/iommu, else the container /dev/vfio/vfio; -1: none */
	uint64_t memlock_bytes; /* the limit now; of a query: the most that the rule gives */
	char node[32];          /* path of the first, "/dev/vfio/12" */
};

/* A request for a block device. Set size, and what is not used to 0. */
struct vmgrant_disk_request {
	size_t size;
	unsigned flags;   /* enum vmgrant_device_flag */
	const char *name; /* any name below /dev that leads there, "/dev/disk/by-id/ata-X" */
};

struct vmgrant_disk {
	size_t size;
	/*
	 * The device, claimed: nothing else mounts or claims it while this open file lives.
	 * -1: none. For -add-fd and /dev/fdset/N; with cache=none of QEMU's, set O_DIRECT by
	 * fcntl() before.
	 */
	int fd;
	unsigned flags; /* enum vmgrant_node_flag */
	uint64_t bytes; /* its size */
	char node[32];  /* its path, "/dev/sdb" */
};

/*
 * Start a helper, or have the service start one, and connect to it.
 *
 * helper  path of vmgrant-helper, NULL: the installed one
 * Returns a connection, to be given to vmgrant_close(), or NULL with errno set
 * (ENOMEM, EMFILE, ...). A helper that cannot be started or has no privilege
 * shows with the first request.
 */
struct vmgrant_connection *vmgrant_connect(const char *helper);

enum vmgrant_connect_flag {
	/*
	 * When polkit wants a password for an interactive request, start its text agent
	 * (pkttyagent) on the controlling terminal for the time of that request, unless
	 * the session has an agent of its own. Without a terminal in whose foreground the
	 * program is, only the session's agent can ask. The terminal's modes are restored
	 * and the agent has ended before the call returns.
	 */
	VMGRANT_CONNECT_TEXT_AGENT = 1u << 0,
	/*
	 * Which door: the setuid helper, or the service's socket. With neither, the
	 * environment's VMGRANT_DOOR (setuid, socket or auto), and then the socket where the
	 * helper could not help: it is missing or not setuid, or no_new_privs, a user
	 * namespace or a sandbox takes its power away. A path given is always the helper.
	 */
	VMGRANT_CONNECT_SETUID = 1u << 1,
	VMGRANT_CONNECT_SOCKET = 1u << 2,
};

/* The same with flags, enum vmgrant_connect_flag. EINVAL: a flag is unknown, or both doors. */
struct vmgrant_connection *vmgrant_connect_with(const char *helper, unsigned flags);

/* Close the connection and wait for the helper to end. Granted fds stay open. NULL is fine. */
void vmgrant_close(struct vmgrant_connection *connection);

/*
 * Ask for a TAP. Returns VMGRANT_GRANTED with *tap filled, or another code with
 * nothing opened; vmgrant_error() then has a sentence for the person.
 */
enum vmgrant_code vmgrant_tap(struct vmgrant_connection *connection,
			      const struct vmgrant_tap_request *request, struct vmgrant_tap *tap);

/* Close all fds of a TAP that were not given away, and forget them. */
void vmgrant_tap_close(struct vmgrant_tap *tap);

/* Ask what vmgrant_tap() would be given on a bridge, by the rules alone; makes nothing. */
enum vmgrant_code vmgrant_offer(struct vmgrant_connection *connection, const char *bridge,
				struct vmgrant_offer *offer);

/*
 * Ask for the node of a USB device. Returns VMGRANT_GRANTED with *usb filled, or
 * another code with nothing opened.
 */
enum vmgrant_code vmgrant_usb(struct vmgrant_connection *connection,
			      const struct vmgrant_usb_request *request, struct vmgrant_usb *usb);

/*
 * Ask for the nodes of a PCI device that is bound to VFIO, and for locked memory.
 * What is granted is its whole IOMMU group. Returns VMGRANT_GRANTED with *vfio
 * filled, or another code with nothing opened and the limit as it was.
 */
enum vmgrant_code vmgrant_vfio(struct vmgrant_connection *connection,
			       const struct vmgrant_vfio_request *request,
			       struct vmgrant_vfio *vfio);

/*
 * Ask for a block device. Returns VMGRANT_GRANTED with *disk filled, or another code with
 * nothing opened.
 */
enum vmgrant_code vmgrant_disk(struct vmgrant_connection *connection,
			       const struct vmgrant_disk_request *request,
			       struct vmgrant_disk *disk);

/* Close the fds that were not given away (-1 in place of one that was). NULL is fine. */
void vmgrant_usb_close(struct vmgrant_usb *usb);
void vmgrant_vfio_close(struct vmgrant_vfio *vfio);
void vmgrant_disk_close(struct vmgrant_disk *disk);

/* The sentence of the last refusal on this connection, in printable ASCII; never NULL. */
const char *vmgrant_error(const struct vmgrant_connection *connection);

/* The library's version, "0.1.0". */
const char *vmgrant_version(void);

#ifdef __cplusplus
}
#endif

#endif
