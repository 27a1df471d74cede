/* SPDX-License-Identifier: LGPL-2.1-or-later */
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

/*
 * device_add. Where QEMU's choice of a bus takes no new device, the free port of
 * the first name is taken. arguments are borrowed.
 */
enum qmp_result qmp_device_add(struct qmp *qmp, json_object *arguments);

/* The bus of an xHCI controller that has an id, "" if there is none. */
enum qmp_result qmp_device_find_xhci(struct qmp *qmp, char bus_out[QMP_ID_SIZE]);

/*
 * device_del, and wait until the guest has let the device go. QMP_LATE: it has
 * not, and may still; QMP_REFUSED: it will not, or there is no such device.
 */
enum qmp_result qmp_device_remove(struct qmp *qmp, const char *id, int timeout_ms);

#endif
