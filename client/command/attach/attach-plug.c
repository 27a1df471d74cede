/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* One thing for a running QEMU: asked for, plugged in, or undone. */
#include "client/command/attach/attach.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/common/ask-device.h"
#include "client/command/common/command.h"
#include "client/command/common/qemu-machine.h"
#include "client/command/attach/qmp-command.h"
#include "client/qmp/device.h"

/* For each answer. A QEMU that is slower has been stopped. */
#define UNDO_TIMEOUT_MS 10000
#define UNDO_CONNECTIONS 10
#define UNDO_PAUSE_MS 100

/* The model that fits the machine, where none was named. */
static int choose_model(struct attach *attach)
{
	struct net_option *option = &attach->card.option;
	char name[QMP_ID_SIZE], architecture[QMP_ID_SIZE];
	struct qemu_machine machine;
	enum qmp_result result;
	int has_pci;

	result = qmp_device_machine(&attach->qmp, name, architecture, &has_pci);
	if (result != QMP_DONE)
		return command_fail(qmp_command_code(&attach->qmp, result), "QEMU: %s",
				    attach->qmp.error);
	machine = qemu_machine_find(architecture, name, QEMU_PCI_BY_MACHINE);
	if (option->model[0] == '\0' && machine.bus != QEMU_BUS_PCI &&
	    machine.bus != QEMU_BUS_CCW) {
		/* microvm with pcie=on: only its PCI bus takes a card later. */
		if (!has_pci)
			return command_fail(COMMAND_REFUSED, "%s: machine %s takes no card while "
					    "it runs: use vmgrant run", attach->id, name);
		machine.card = NET_OPTION_MODEL;
	}
	(void)qemu_machine_choose_model(&machine, option);
	return card_check(&attach->card);
}

int attach_open(struct attach *attach)
{
	enum qmp_result result;
	int code = qmp_command_open(&attach->qmp, attach->socket);

	if (code != VMGRANT_GRANTED)
		return code;
	result = qmp_device_choose_id(&attach->qmp, attach->id);
	if (result != QMP_DONE)
		return command_fail(qmp_command_code(&attach->qmp, result), "%s: %s",
				    attach->id[0] == '\0' ? "QEMU" : attach->id,
				    attach->qmp.error);
	return attach->kind == ATTACH_NET ? choose_model(attach) : VMGRANT_GRANTED;
}

/* ---- asking ---- */

/* The same guest has its monitor in the same place and its card under the same id. */
static void choose_mac(struct attach *attach)
{
	struct net_option *option = &attach->card.option;
	char *path = realpath(attach->socket, NULL);
	char *seed = card_seed(0, option->bridge, path == NULL ? attach->socket : path);

	text_append(&seed, "\n", 1);
	text_append(&seed, attach->id, strlen(attach->id));
	net_option_derive_mac(option->mac, seed, strlen(seed));
	free(seed);
	free(path);
}

int attach_ask(struct attach *attach)
{
	struct vmgrant_connection *connection = card_connect(attach->helper, attach->prompt);
	int code;

	if (connection == NULL)
		return command_fail(VMGRANT_INTERNAL, "vmgrant-helper: cannot be started: %s",
				    strerror(errno));
	if (attach->kind == ATTACH_NET && !attach->card.option.has_mac)
		choose_mac(attach);
	code = attach->kind == ATTACH_USB
		       ? ask_device_usb(connection, &attach->usb_option,
					prompt_flag(attach->prompt, VMGRANT_DEVICE_INTERACTIVE),
					&attach->usb)
		       : card_ask(connection, &attach->card,
				  VMGRANT_TAP_MAC |
					  prompt_flag(attach->prompt, VMGRANT_TAP_INTERACTIVE));
	vmgrant_close(connection);
	return code;
}

/* ---- plugging in, undoing ---- */

static enum qmp_result plug_in(struct attach *attach)
{
	if (attach->kind == ATTACH_USB) {
		attach->qmp_usb = (struct qmp_usb){ .fd = attach->usb.fd };
		memcpy(attach->qmp_usb.id, attach->id, sizeof attach->id);
		return qmp_usb_plug(&attach->qmp, &attach->qmp_usb);
	}
	attach->qmp_net = (struct qmp_net){ .card = &attach->card };
	memcpy(attach->qmp_net.id, attach->id, sizeof attach->id);
	return qmp_net_plug(&attach->qmp, &attach->qmp_net);
}

static enum qmp_result undo_once(struct attach *attach)
{
	return attach->kind == ATTACH_USB ? qmp_usb_undo(&attach->qmp, &attach->qmp_usb)
					  : qmp_net_undo(&attach->qmp, &attach->qmp_net);
}

/*
 * QEMU keeps files and netdevs when a connection ends, so a broken one is made
 * anew. *gone_out is 1 if that QEMU has ended, and with it all that it had; while
 * it ends, its socket may take a connection that leads nowhere.
 */
static enum qmp_result undo(struct attach *attach, int *gone_out)
{
	struct qmp *qmp = &attach->qmp;
	enum qmp_result result;

	*gone_out = 0;
	qmp->interrupt_fd = -1;
	qmp->timeout_ms = UNDO_TIMEOUT_MS;
	result = undo_once(attach);
	/* A monitor of our own ends with QEMU alone. */
	if (attach->socket == NULL) {
		*gone_out = result == QMP_LOST;
		return *gone_out ? QMP_DONE : result;
	}
	for (int i = 0; result == QMP_LOST && i < UNDO_CONNECTIONS; i++) {
		(void)poll(NULL, 0, i == 0 ? 0 : UNDO_PAUSE_MS);
		result = qmp_open(qmp, attach->socket, gone_out);
		if (*gone_out)
			return QMP_DONE;
		if (result == QMP_DONE)
			result = undo_once(attach);
	}
	return result;
}

/* What may be left, for a person who has to look for it. */
static const char *left_behind(const struct attach *attach)
{
	return attach->kind == ATTACH_USB ? attach->usb.node : attach->card.tap.port;
}

static int undo_and_say(struct attach *attach, enum qmp_result result)
{
	int gone, code = qmp_command_code(&attach->qmp, result);
	char *why = text_format("%s", attach->qmp.error);
	const char *id = attach->id;
	enum qmp_result undone;

	if (result == QMP_LOST && attach->socket != NULL)
		qmp_close(&attach->qmp);
	undone = undo(attach, &gone);
	if (gone)
		(void)command_fail(code, "%s: cannot be plugged in: %s: QEMU has ended", id, why);
	else if (undone == QMP_DONE)
		(void)command_fail(code, "%s: cannot be plugged in: %s: all is undone", id, why);
	else if (undone == QMP_REFUSED)
		code = command_fail(COMMAND_LEFT, "%s: cannot be plugged in: %s: not all can be "
				    "undone: %s", id, why, attach->qmp.error);
	else
		code = command_fail(COMMAND_LEFT, "%s: cannot be plugged in: %s: cannot be undone: "
				    "%s: QEMU may keep %s: vmgrant detach %s, or end QEMU",
				    id, why, attach->qmp.error, left_behind(attach), id);
	free(why);
	return code;
}

int attach_plug(struct attach *attach)
{
	enum qmp_result result = plug_in(attach);

	return result == QMP_DONE ? VMGRANT_GRANTED : undo_and_say(attach, result);
}

void attach_release(struct attach *attach)
{
	vmgrant_tap_close(&attach->card.tap);
	if (attach->usb.size != 0)
		vmgrant_usb_close(&attach->usb);
	qmp_close(&attach->qmp);
}
