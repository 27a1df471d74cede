/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A disk in a running QEMU: plugged in, or undone.
 *
 * The open file goes over as a set of fds, whose "opaque" text says whose it is; a block
 * device of our name stands on it, and the guest's disk on that.
 */
#ifndef VMGRANT_CLIENT_QMP_DISK_H
#define VMGRANT_CLIENT_QMP_DISK_H

#include "client/qmp/qmp.h"

#define QMP_NODE_SIZE 80

/* What QEMU may have by now. */
enum qmp_disk_step {
	QMP_DISK_NOTHING = 0,
	QMP_DISK_FD,
	QMP_DISK_NODE,
	QMP_DISK_DEVICE,
};

struct qmp_disk {
	int fd; /* borrowed */
	char id[QMP_ID_SIZE];
	/* Make the objects for blockdev-add and device_add, which are given away. */
	json_object *(*blockdev)(const void *option, const char *node, const char *path);
	json_object *(*device)(const void *option, const char *id, const char *node);
	const void *option;
	int is_pci; /* 1: the device goes to a PCI bus if it names none */
	enum qmp_disk_step reached;
};

/* What the block device behind a disk is called: our prefix and the id. */
void qmp_disk_node(char node[QMP_NODE_SIZE], const char *id);

/* add-fd, blockdev-add and device_add. */
enum qmp_result qmp_disk_plug(struct qmp *qmp, struct qmp_disk *disk);

/* Take away what disk->reached says may be there. May be repeated. */
enum qmp_result qmp_disk_undo(struct qmp *qmp, struct qmp_disk *disk);

/* Does the disk of that id stand on a block device of ours? QMP_REFUSED: no. */
enum qmp_result qmp_disk_owns(struct qmp *qmp, const char *id, const char *type);

/*
 * Take away the block device and the files behind a disk that is gone. QMP_REFUSED: there
 * were none; QMP_LATE: something uses them still.
 */
enum qmp_result qmp_disk_remove_rest(struct qmp *qmp, const char *id);

#endif
