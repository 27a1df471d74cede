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

static int learn_machine(struct attach *attach, struct qemu_machine *machine_out,
			 int *has_pci_out)
{
	char name[QMP_ID_SIZE], architecture[QMP_ID_SIZE];
	enum qmp_result result =
		qmp_device_machine(&attach->qmp, name, architecture, has_pci_out);

	if (result != QMP_DONE)
		return command_fail(qmp_command_code(&attach->qmp, result), "QEMU: %s",
				    attach->qmp.error);
	*machine_out = qemu_machine_find(architecture, name, QEMU_PCI_BY_MACHINE);
	return VMGRANT_GRANTED;
}

/* A disk by virtio needs a bus that takes it while the machine runs. */
static int choose_bus(struct attach *attach)
{
	struct qemu_machine machine;
	int has_pci, code = learn_machine(attach, &machine, &has_pci);

	if (code != VMGRANT_GRANTED)
		return code;
	/* microvm with pcie=on: only its PCI bus takes a disk later. */
	attach->bus = has_pci ? QEMU_BUS_PCI : machine.bus;
	return attach->bus == QEMU_BUS_PCI || attach->bus == QEMU_BUS_CCW
		       ? VMGRANT_GRANTED
		       : command_fail(COMMAND_REFUSED, "%s: machine %s takes no disk while it "
				      "runs: use vmgrant run", attach->id, machine.name);
}

/* The model that fits the machine, where none was named. */
static int choose_model(struct attach *attach)
{
	struct net_option *option = &attach->card.option;
	struct qemu_machine machine;
	int has_pci, code = learn_machine(attach, &machine, &has_pci);

	if (code != VMGRANT_GRANTED)
		return code;
	if (option->model[0] == '\0' && machine.bus != QEMU_BUS_PCI &&
	    machine.bus != QEMU_BUS_CCW) {
		/* microvm with pcie=on: only its PCI bus takes a card later. */
		if (!has_pci)
			return command_fail(COMMAND_REFUSED, "%s: machine %s takes no card while "
					    "it runs: use vmgrant run", attach->id, machine.name);
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
	if (attach->kind == ATTACH_DISK)
		return choose_bus(attach);
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
	if (attach->kind == ATTACH_DISK)
		code = ask_disk(connection, &attach->disk_option,
				prompt_flag(attach->prompt, VMGRANT_DEVICE_INTERACTIVE),
				&attach->disk);
	else if (attach->kind == ATTACH_USB)
		code = ask_device_usb(connection, &attach->usb_option,
				      prompt_flag(attach->prompt, VMGRANT_DEVICE_INTERACTIVE),
				      &attach->usb);
	else
		code = card_ask(connection, &attach->card,
				VMGRANT_TAP_MAC |
					prompt_flag(attach->prompt, VMGRANT_TAP_INTERACTIVE));
	vmgrant_close(connection);
	return code;
}

/* ---- plugging in, undoing ---- */

static json_object *make_blockdev(const void *context, const char *node, const char *path)
{
	return disk_option_blockdev(&((const struct attach *)context)->disk_option, node, path);
}

static json_object *make_disk(const void *context, const char *id, const char *node)
{
	const struct attach *attach = context;

	return disk_option_device(&attach->disk_option, attach->bus, id, node, 0);
}

static enum qmp_result plug_in_disk(struct attach *attach)
{
	attach->qmp_disk = (struct qmp_disk){
		.fd = attach->disk.fd,
		.blockdev = make_blockdev,
		.device = make_disk,
		.option = attach,
		.is_pci = attach->bus == QEMU_BUS_PCI &&
			  attach->disk_option.interface == DISK_VIRTIO,
	};
	memcpy(attach->qmp_disk.id, attach->id, sizeof attach->id);
	return qmp_disk_plug(&attach->qmp, &attach->qmp_disk);
}

static enum qmp_result plug_in(struct attach *attach)
{
	if (attach->kind == ATTACH_DISK)
		return plug_in_disk(attach);
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
	if (attach->kind == ATTACH_DISK)
		return qmp_disk_undo(&attach->qmp, &attach->qmp_disk);
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
	if (attach->kind == ATTACH_DISK)
		return attach->disk.node;
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
	if (attach->disk.size != 0)
		vmgrant_disk_close(&attach->disk);
	qmp_close(&attach->qmp);
}
