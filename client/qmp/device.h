/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Devices of a running QEMU: their names, and plugging them in and out.
 */
#ifndef VMGRANT_CLIENT_QMP_DEVICE_H
#define VMGRANT_CLIENT_QMP_DEVICE_H

#include "client/qmp/qmp.h"

/* What vmgrant names in QEMU begins so, and only that is taken away again. */
#define QMP_DEVICE_PREFIX "vmgrant-"

/* QEMU's device ids leave room for the prefix and a suffix in QMP_ID_SIZE. */
#define QMP_DEVICE_ID_MAX 64

/*
 * Take id if no device has it, or where it is "" the first of vmgrant0, vmgrant1...
 * that is free.
 */
enum qmp_result qmp_device_choose_id(struct qmp *qmp, char id[QMP_ID_SIZE]);

/*
 * A property of a device as text. QMP_REFUSED: there is no such device, or it has
 * no such property.
 */
enum qmp_result qmp_device_get(struct qmp *qmp, const char *id, const char *property,
			       char *value_out, size_t size);

/* Does a device that names no bus go to a PCI bus? */
enum qmp_place { QMP_PLACE_ANY = 0, QMP_PLACE_PCI };

/*
 * device_add. The low slots and the first ports are those that libvirt and others count
 * on: a PCI device gets the highest free slot, and where that bus takes no new device the
 * last free port. arguments are borrowed and get the place.
 */
enum qmp_result qmp_device_add(struct qmp *qmp, json_object *arguments, enum qmp_place place);

/*
 * The machine: "pc-q35-7.2", and the architecture: "x86_64". Both are "" where QEMU does
 * not say. *pci_out is 1 if it has a PCI bus.
 */
enum qmp_result qmp_device_machine(struct qmp *qmp, char machine_out[QMP_ID_SIZE],
				   char architecture_out[QMP_ID_SIZE], int *pci_out);

/* The bus of an xHCI controller that has an id, "" if there is none. */
enum qmp_result qmp_device_find_xhci(struct qmp *qmp, char bus_out[QMP_ID_SIZE]);

/*
 * device_del, and wait until the guest has let the device go. QMP_LATE: it has
 * not, and may still; QMP_REFUSED: it will not, or there is no such device.
 */
enum qmp_result qmp_device_remove(struct qmp *qmp, const char *id, int timeout_ms);

#endif
