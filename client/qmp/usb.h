/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A USB device in a running QEMU: plugged in, or undone.
 *
 * The node goes over as a set of fds, whose "opaque" text says whose it is.
 */
#ifndef VMGRANT_CLIENT_QMP_USB_H
#define VMGRANT_CLIENT_QMP_USB_H

#include "client/qmp/qmp.h"

/* What QEMU may have by now. */
enum qmp_usb_step {
	QMP_USB_NOTHING = 0,
	QMP_USB_FD,
	QMP_USB_DEVICE,
};

struct qmp_usb {
	int fd; /* of the node; borrowed */
	char id[QMP_ID_SIZE];
	enum qmp_usb_step reached;
};

/*
 * add-fd and device_add, at an xHCI controller that has an id if there is one. An
 * interruption is looked at before device_add, not behind it.
 */
enum qmp_result qmp_usb_plug(struct qmp *qmp, struct qmp_usb *usb);

/* Take away what usb->reached says may be there. May be repeated. */
enum qmp_result qmp_usb_undo(struct qmp *qmp, struct qmp_usb *usb);

/*
 * Is the device of that id and type a USB device behind which a set of fds of ours stands?
 * QMP_REFUSED: no.
 */
enum qmp_result qmp_usb_owns(struct qmp *qmp, const char *id, const char *type);

#define QMP_SET_PATH_SIZE 48

/* Hand an open file over as a set of its own; path_out: "/dev/fdset/N". */
enum qmp_result qmp_usb_add_set(struct qmp *qmp, const char *id, int fd,
				char path_out[QMP_SET_PATH_SIZE]);

/* Remove the sets of the device with this id. QMP_REFUSED: there was none. */
enum qmp_result qmp_usb_remove_sets(struct qmp *qmp, const char *id);

#endif
