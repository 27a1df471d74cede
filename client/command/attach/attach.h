/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * One thing for a running QEMU: asked for, plugged in, or undone.
 */
#ifndef VMGRANT_CLIENT_COMMAND_ATTACH_ATTACH_H
#define VMGRANT_CLIENT_COMMAND_ATTACH_ATTACH_H

#include "client/command/common/card.h"
#include "client/command/common/ask-disk.h"
#include "client/qmp/disk.h"
#include "client/qmp/net.h"
#include "client/qmp/usb.h"
#include "client/command/common/usb-option.h"

enum attach_kind { ATTACH_NOTHING = 0, ATTACH_NET, ATTACH_USB, ATTACH_DISK };

struct attach {
	const char *socket;
	const char *helper; /* NULL: the installed one */
	enum prompt prompt;
	enum attach_kind kind;
	char id[QMP_ID_SIZE]; /* of the device in QEMU */
	struct card card;
	struct usb_option usb_option;
	struct vmgrant_usb usb;
	struct disk_option disk_option;
	struct vmgrant_disk disk;
	enum qemu_bus bus; /* of the machine */
	struct qmp_net qmp_net;
	struct qmp_usb qmp_usb;
	struct qmp_disk qmp_disk;
	struct qmp qmp;
};

/* All but attach_release() return 0, or the exit status and have said why. */

/* Connect, and choose the id if there is none. */
int attach_open(struct attach *attach);

/* Ask the helper. */
int attach_ask(struct attach *attach);

/* Plug it in, or undo all of it. Interruptions come by attach->qmp.interrupt_fd. */
int attach_plug(struct attach *attach);

/* Close what was granted, and the connection. */
void attach_release(struct attach *attach);

#endif
