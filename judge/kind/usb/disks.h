/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Whether this machine uses a disk of a USB device.
 *
 * A file system mounted in any namespace, swap, device-mapper, md, bcache, btrfs
 * and the like claim the block device that they stand on, for themselves alone
 * (bd_prepare_to_claim() in the kernel), and a claimed partition keeps others from
 * claiming the whole disk. So one opening of the whole disk with O_EXCL tells; it
 * is for reading, without waiting for a medium, and has no other effect. What
 * stands on it by a loop device does not claim it, and is asked for besides.
 */
#ifndef VMGRANT_JUDGE_KIND_USB_DISKS_H
#define VMGRANT_JUDGE_KIND_USB_DISKS_H

#include "judge/kind/usb/device.h"
#include "judge/orders.h"

#define USB_DISK_NAME_SIZE 32u

enum usb_disks {
	USB_DISKS_UNKNOWN = 0, /* it cannot be told: no */
	USB_DISKS_IN_USE,
	USB_DISKS_CLOSED, /* a control group lets nobody here look */
	USB_DISKS_FREE,
	USB_DISKS_NONE, /* it has no disk */
};

/*
 * name_out  of the disk that is in use or cannot be told about, or of a loop device,
 *           "sdb", in printable ASCII; "" where there is no such one
 * The helper opens them.
 */
enum usb_disks usb_disks_look(const struct usb_places *places, struct orders *orders,
			      const struct usb_device *device, char name_out[USB_DISK_NAME_SIZE]);

#endif
