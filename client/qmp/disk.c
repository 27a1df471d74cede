/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A disk in a running QEMU. */
#include "client/qmp/disk.h"

#include <stdio.h>
#include <string.h>

#include "client/qmp/device.h"
#include "client/qmp/usb.h"
#include "client/text/message.h"

/* A guest that has hardly seen the disk lets it go at once or not at all. */
#define REMOVE_TIMEOUT_MS 5000

void qmp_disk_node(char node[QMP_NODE_SIZE], const char *id)
{
	size_t length = strlen(QMP_DEVICE_PREFIX);
	int is_ours = strncmp(id, QMP_DEVICE_PREFIX, length) == 0;

	/* vmgrant run gives both one name. */
	(void)snprintf(node, QMP_NODE_SIZE, "%s%.*s", is_ours ? "" : QMP_DEVICE_PREFIX,
		       (int)(QMP_NODE_SIZE - sizeof QMP_DEVICE_PREFIX), id);
}

static enum qmp_result add_device(struct qmp *qmp, const struct qmp_disk *disk, const char *node)
{
	json_object *arguments = disk->device(disk->option, disk->id, node);
	int interrupt_fd = qmp->interrupt_fd;
	enum qmp_result result;

	/* Once the guest may have seen the device, its answer decides and no signal. */
	qmp->interrupt_fd = -1;
	result = qmp_device_add(qmp, arguments, disk->is_pci ? QMP_PLACE_PCI : QMP_PLACE_ANY);
	qmp->interrupt_fd = interrupt_fd;
	(void)json_object_put(arguments);
	if (result == QMP_REFUSED && strstr(qmp->error, "No 'SCSI' bus") != NULL)
		return qmp_fail(qmp, result,
				_("it has no SCSI controller: start QEMU with "
				  "-device virtio-scsi-pci"));
	return result;
}

enum qmp_result qmp_disk_plug(struct qmp *qmp, struct qmp_disk *disk)
{
	char path[QMP_SET_PATH_SIZE], node[QMP_NODE_SIZE];
	enum qmp_result result;

	qmp_disk_node(node, disk->id);
	disk->reached = QMP_DISK_FD;
	result = qmp_usb_add_set(qmp, disk->id, disk->fd, path);
	if (result != QMP_DONE)
		return result;
	result = qmp_execute(qmp, "blockdev-add", disk->blockdev(disk->option, node, path), -1,
			     NULL);
	/* What was refused may be there by somebody else. */
	if (result != QMP_REFUSED)
		disk->reached = QMP_DISK_NODE;
	if (result != QMP_DONE)
		return result;
	result = add_device(qmp, disk, node);
	if (result != QMP_REFUSED)
		disk->reached = QMP_DISK_DEVICE;
	return result;
}

static enum qmp_result remove_node(struct qmp *qmp, const char *id)
{
	char node[QMP_NODE_SIZE];

	qmp_disk_node(node, id);
	return qmp_execute(qmp, "blockdev-del", qmp_argument("node-name", node), -1, NULL);
}

enum qmp_result qmp_disk_owns(struct qmp *qmp, const char *id, const char *type)
{
	char node[QMP_NODE_SIZE], drive[QMP_ID_SIZE];
	enum qmp_result result = qmp_device_get(qmp, id, "drive", drive, sizeof drive);

	/* Of anything else QEMU knows no such property. */
	(void)type;
	qmp_disk_node(node, id);
	return result == QMP_DONE && strcmp(drive, node) != 0 ? QMP_REFUSED : result;
}

/* A device of that name on another block device is somebody else's. */
static enum qmp_result remove_device(struct qmp *qmp, const char *id)
{
	enum qmp_result result = qmp_disk_owns(qmp, id, "");

	if (result == QMP_REFUSED)
		return QMP_DONE;
	return result == QMP_DONE ? qmp_device_remove(qmp, id, REMOVE_TIMEOUT_MS) : result;
}

enum qmp_result qmp_disk_remove_rest(struct qmp *qmp, const char *id)
{
	enum qmp_result node = remove_node(qmp, id);
	int is_in_use = node == QMP_REFUSED && strstr(qmp->error, "is in use") != NULL;
	enum qmp_result sets;

	if (is_in_use)
		return QMP_LATE;
	if (node != QMP_DONE && node != QMP_REFUSED)
		return node;
	sets = qmp_usb_remove_sets(qmp, id);
	return sets == QMP_REFUSED && node == QMP_DONE ? QMP_DONE : sets;
}

enum qmp_result qmp_disk_undo(struct qmp *qmp, struct qmp_disk *disk)
{
	enum qmp_result result = QMP_DONE, device = QMP_DONE;

	if (disk->reached >= QMP_DISK_DEVICE)
		device = remove_device(qmp, disk->id);
	if (device == QMP_LOST)
		return device;
	if (device == QMP_DONE && disk->reached >= QMP_DISK_NODE)
		result = remove_node(qmp, disk->id);
	if (result == QMP_LOST)
		return result;
	if (device == QMP_DONE && disk->reached >= QMP_DISK_FD)
		result = qmp_usb_remove_sets(qmp, disk->id);
	/* What was not there need not go. */
	if (result == QMP_REFUSED)
		result = QMP_DONE;
	if (result == QMP_DONE && device != QMP_DONE)
		result = qmp_fail(qmp, QMP_REFUSED, _("device %s is left in the guest"), disk->id);
	return result;
}
