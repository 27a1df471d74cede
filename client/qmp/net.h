/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A network card in a running QEMU: plugged in, or undone.
 */
#ifndef VMGRANT_CLIENT_QMP_NET_H
#define VMGRANT_CLIENT_QMP_NET_H

#include "client/library/vmgrant.h"
#include "client/qmp/qmp.h"

#define QMP_NETDEV_SIZE (QMP_ID_SIZE + 16)

/* What QEMU may have by now. */
enum qmp_net_step {
	QMP_NET_NOTHING = 0,
	QMP_NET_FDS,
	QMP_NET_NETDEV,
	QMP_NET_DEVICE,
};

struct qmp_net {
	const struct vmgrant_tap *tap; /* borrowed, with its fds */
	char id[QMP_ID_SIZE];          /* of the device */
	/* Makes the object for device_add, which is given away. */
	json_object *(*device)(const void *option, const char *id, const char *netdev);
	const void *option;
	int is_pci; /* 1: the device goes to a PCI bus if it names none */
	enum qmp_net_step reached;
};

/* The name of the netdev of a device. */
void qmp_net_name(char netdev[QMP_NETDEV_SIZE], const char *id);

/* Is the device of that id a card on our netdev? QMP_REFUSED: no. type is what it is. */
enum qmp_result qmp_net_owns(struct qmp *qmp, const char *id, const char *type);

/*
 * Take away the netdev of a card that is gone. QMP_REFUSED: there was none; QMP_LATE:
 * something keeps it.
 */
enum qmp_result qmp_net_remove_rest(struct qmp *qmp, const char *id);

/*
 * getfd for each file, netdev_add, device_add. An interruption is looked at before
 * device_add, not behind it: then the card is in.
 */
enum qmp_result qmp_net_plug(struct qmp *qmp, struct qmp_net *net);

/*
 * Take away what net->reached says may be there. May be repeated. QMP_DONE: nothing
 * of it is in QEMU any more. QMP_REFUSED: QEMU keeps something, qmp->error says what.
 */
enum qmp_result qmp_net_undo(struct qmp *qmp, struct qmp_net *net);

#endif
