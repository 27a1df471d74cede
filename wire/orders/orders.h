/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What the judge may ask of the helper: orders and their answers. Pure.
 *
 * The judge has no privilege and reads everything that others wrote; the helper
 * holds the capabilities and reads nothing but these structs. They travel over a
 * SOCK_SEQPACKET socketpair between a process and its own fork, so that their layout
 * in memory is their layout on the wire. The judge may be in somebody else's hand:
 * an order names things by numbers and short names, orders_check() refuses every
 * byte that is not what it should be, and the helper compares the rest with what it
 * knows itself. doc/security.md lists what an order can get.
 */
#ifndef VMGRANT_WIRE_ORDERS_ORDERS_H
#define VMGRANT_WIRE_ORDERS_ORDERS_H

#include <stddef.h>
#include <stdint.h>

#include "wire/refusal/reply.h"

#define ORDER_BRIDGE_SIZE 16u    /* IFNAMSIZ */
#define ORDER_NAME_SIZE 32u      /* of a block device, of a USB port */
#define ORDER_BLOCK_NAME_SIZE 31u /* the kernel gives no longer ones but by accident */
#define ORDER_PART_SIZE 256u     /* one component of a path: NAME_MAX */
#define ORDER_USER_SIZE 64u
#define ORDER_RULE_SIZE 320u
#define ORDER_WORDS_SIZE 160u
#define ORDER_SENTENCE_SIZE 512u
#define ORDER_QUEUES_MAX 16u     /* with a vhost fd for each, 32 fds in one message */
#define ORDER_NUMBER_MAX 999u    /* USB buses and devices */
#define ORDER_EXPLANATION_SIZE 160u

/* How long the judge's look at the policy may be ago when an order is performed. */
#define ORDER_FRESH_MS 5000

enum order_type {
	ORDER_KEEP = 1, /* give up what no later order will need */
	ORDER_BEGIN,    /* a request begins: its time runs */
	ORDER_FINISH,   /* it has been answered */
	ORDER_WALK,     /* one step on the way to a policy file, with the caller's rights */
	ORDER_PORT,     /* make a port on a bridge */
	ORDER_USB,      /* open the node of a USB device */
	ORDER_DISK,     /* is a block device in use? */
	ORDER_VFIO,     /* open the nodes of a PCI device */
	ORDER_MEMLOCK,  /* raise the requester's limit on locked memory */
	ORDER_MEMLOCK_UNDO,
	ORDER_ASK,      /* start the asker */
	ORDER_ASKED,    /* wait for its end */
	ORDER_END,      /* leave with this status and sentence */
	ORDER_BLOCK,    /* open a block device and claim it */
};
#define ORDER_TYPES (ORDER_BLOCK + 1)

/*
 * Those that open devices: ORDER_NAME, struct order_name, checked by order_check_name()
 * (wire/orders/) and performed by perform_name() (helper/node/).
 */
#define DEVICE_ORDERS(ORDER)                                                                       \
	ORDER(USB, usb)                                                                            \
	ORDER(VFIO, vfio)                                                                          \
	ORDER(BLOCK, block)

/* What the helper may raise, each for some of the orders. */
enum order_right {
	ORDER_RIGHT_PORTS = 1u << 0,  /* CAP_NET_ADMIN */
	ORDER_RIGHT_NODES = 1u << 1,  /* CAP_DAC_OVERRIDE */
	ORDER_RIGHT_LIMITS = 1u << 2, /* CAP_SYS_RESOURCE */
	ORDER_RIGHT_DISKS = 1u << 3,  /* no capability: ORDER_BLOCK is performed at all */
};
#define ORDER_RIGHTS_ALL 15u

struct order_keep {
	uint32_t rights; /* enum order_right */
};

struct order_begin {
	uint32_t interactive; /* 1: polkit may ask the person, which takes minutes */
};

enum order_step {
	ORDER_STEP_ROOT = 1, /* to /, which ends the walk before */
	ORDER_STEP_ENTER,    /* a name below the last folder, as a place (O_PATH), links not followed */
	ORDER_STEP_OPEN,     /* open a name below the last folder for reading: a regular file */
};

struct order_walk {
	uint32_t step;
	char part[ORDER_PART_SIZE]; /* not of ROOT; one component, not "." or ".." */
};

enum order_port_flag {
	ORDER_PORT_SEALED = 1u << 0,
	ORDER_PORT_VNET_HEADER = 1u << 1,
	ORDER_PORT_ISOLATED = 1u << 2,
	ORDER_PORT_LOCK_MAC = 1u << 3, /* to mac; sealed ports only */
	ORDER_PORT_VHOST = 1u << 4,    /* a vhost-net fd for each queue */
	ORDER_PORT_DELIVER = 1u << 5,  /* drop-in: hand the TAP over and leave with 0 */
};
#define ORDER_PORT_FLAGS_ALL 0x3fu

/* For records: words that the helper does not understand, in printable ASCII. */
struct order_words {
	char user[ORDER_USER_SIZE];
	char object[ORDER_WORDS_SIZE]; /* what the request names */
	char device[ORDER_WORDS_SIZE]; /* the concrete one, or "" */
	char rule[ORDER_RULE_SIZE];    /* where it stands: "FILE:LINE" */
};

struct order_port {
	uint64_t judged_ms; /* clock_now_ms() when the policy was looked at last */
	uint32_t flags;
	char bridge[ORDER_BRIDGE_SIZE];
	uint16_t queues;
	uint16_t vlan;      /* 0: none */
	uint16_t slot_first, slot_count; /* which names may be tried */
	uint8_t mac[6];     /* the guest's, with ORDER_PORT_LOCK_MAC */
	uint8_t zero[6];
	struct order_words words;
};

struct order_usb {
	uint64_t judged_ms;
	char port[ORDER_NAME_SIZE]; /* its name in /sys/bus/usb/devices, "1-1.4" */
	uint32_t bus, device;       /* of the node, 1 to ORDER_NUMBER_MAX */
	struct order_words words;
};

enum order_disk_look {
	ORDER_DISK_CLAIM = 1, /* claim it for a moment: -EBUSY if something uses it */
	ORDER_DISK_LOOP,      /* which device a loop device stands on */
};

struct order_disk {
	uint32_t look;
	char name[ORDER_NAME_SIZE]; /* in /sys/class/block, "sdb" */
};

struct order_vfio {
	uint64_t judged_ms;
	uint32_t iommufd; /* 1: the device's own node and /dev/iommu; 0: group and container */
	uint32_t index;   /* N of /dev/vfio/devices/vfioN, or the group */
	struct order_words words;
};

struct order_block {
	uint64_t judged_ms;
	uint64_t diskseq;   /* that the disk must have; 0: this kernel has none */
	char name[ORDER_BLOCK_NAME_SIZE]; /* in /sys/class/block, "sdb1" */
	uint8_t read_only;  /* 1: opened for reading alone */
	struct order_words words;
};

struct order_memlock {
	uint64_t bytes; /* 0: only tell the limit */
	struct order_words words;
};

struct order_end {
	uint32_t code; /* enum reply_code, the exit status */
	char sentence[ORDER_SENTENCE_SIZE]; /* "" with REPLY_GRANTED */
};

struct order {
	uint32_t type;
	uint32_t zero;
	union {
		struct order_keep keep;
		struct order_begin begin;
		struct order_walk walk;
		struct order_port port;
		struct order_disk disk;
		struct order_memlock memlock;
		struct order_end end;
#define MEMBER(NAME, name) struct order_##name name;
		DEVICE_ORDERS(MEMBER)
#undef MEMBER
	};
};

/* ---- answers ---- */

/* Where making a port failed, for the sentence that says so. */
enum order_port_step {
	ORDER_PORT_FOUND = 0,    /* the bridge itself */
	ORDER_PORT_TURN,         /* as many are being made for this user as may be at a time */
	ORDER_PORT_FORK,         /* starting the process that makes the namespace */
	ORDER_PORT_NAMESPACE,    /* user namespaces are not to be had */
	ORDER_PORT_SOCKET,
	ORDER_PORT_OPEN_TUN,     /* /dev/net/tun */
	ORDER_PORT_NAME,         /* -EEXIST: all slots are taken */
	ORDER_PORT_TAP,
	ORDER_PORT_FORWARDING,   /* between TAP and veth */
	ORDER_PORT_JOIN,         /* the port on the bridge */
	ORDER_PORT_OPEN_VHOST,   /* /dev/vhost-net */
	ORDER_PORT_HAND_OVER,    /* only with ORDER_PORT_DELIVER */
};

struct answer_port {
	uint32_t mtu_bytes;
	uint32_t queues, vhost_count; /* how many fds came with the answer, in this order */
	char port_name[ORDER_BRIDGE_SIZE]; /* a sealed port's TAP bears the same in its namespace */
};

struct answer_disk {
	uint32_t major, minor; /* of what a loop device stands on */
};

struct answer_memlock {
	uint64_t limit_bytes; /* the soft limit now, UINT64_MAX: none, 0: not known */
	int64_t pid;
};

/* With two fds: to the asker, and /proc/PID/stat of the process that polkit is asked about. */
struct answer_ask {
	int64_t subject_pid;
};

struct answer_asked {
	int32_t status; /* its exit status, -1: it did not end in time, -2: a signal ended it */
};

struct answer {
	uint32_t type;   /* of the order */
	int32_t result;  /* 0 or a negative errno */
	uint32_t step;   /* of a failed one, where the order has steps */
	uint32_t fd_count; /* fds that come with it */
	union {
		struct answer_port port;
		struct answer_disk disk;
		struct answer_memlock memlock;
		struct answer_ask ask;
		struct answer_asked asked;
	};
	char explanation[ORDER_EXPLANATION_SIZE]; /* the kernel's own words, escaped, or "" */
};

/*
 * Is this an order that the helper may look at? Length and type are right, strings
 * end and are filled with NUL, names are names, numbers in their bounds, flags known
 * and possible together, and everything unused is zero.
 *
 * Returns 0 or -EINVAL. Knows nothing about the machine.
 */
int orders_check(const struct order *order, size_t length);

/* The same for an answer, which the judge reads. */
int orders_check_answer(const struct answer *answer, size_t length);

/* 1 if the order is answered by a message. */
int order_has_answer(uint32_t type);

/* Copy words into a field of an order: printable ASCII, cut where they do not fit. */
void order_put_words(char *field, size_t size, const char *words);

#endif
