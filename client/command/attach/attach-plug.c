/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* One thing for a running QEMU: asked for, plugged in, or undone. */
#include "client/command/attach/attach.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/attach/qmp-command.h"
#include "client/command/common/command.h"
#include "client/command/qemu/qemu-machine.h"
#include "client/qmp/device.h"
#include "client/text/message.h"
#include "client/text/text.h"

/* For each answer. A QEMU that is slower has been stopped. */
#define UNDO_TIMEOUT_MS 10000
#define UNDO_CONNECTIONS 10
#define UNDO_PAUSE_MS 100

int attach_learn_machine(struct attach *attach, struct qemu_machine *machine_out, int *has_pci_out)
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

int attach_open(struct attach *attach)
{
	enum qmp_result result;
	int code = qmp_command_open(&attach->qmp, &attach->monitor);

	if (code != VMGRANT_GRANTED)
		return code;
	result = qmp_device_choose_id(&attach->qmp, attach->id);
	if (result != QMP_DONE)
		return command_fail(qmp_command_code(&attach->qmp, result), "%s: %s",
				    attach->id[0] == '\0' ? "QEMU" : attach->id,
				    attach->qmp.error);
	return attach->kind->attach->prepare == NULL
		       ? VMGRANT_GRANTED : attach->kind->attach->prepare(attach->thing, attach);
}

int attach_ask(struct attach *attach)
{
	struct vmgrant_connection *connection = prompt_connect(attach->helper, attach->prompt);
	int code;

	if (connection == NULL)
		return command_fail(VMGRANT_INTERNAL, _("vmgrant-helper: cannot be started: %s"),
				    strerror(errno));
	code = attach->kind->attach->ask(attach->thing, attach, connection);
	vmgrant_close(connection);
	return code;
}

/* ---- plugging in, undoing ---- */

/* A monitor of our own ends with QEMU alone. */
static int is_own(const struct attach *attach)
{
	return attach->monitor.socket == NULL && attach->monitor.domain == NULL;
}

static enum qmp_result undo_once(struct attach *attach)
{
	return attach->kind->attach->undo(attach->thing, attach);
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
	if (is_own(attach)) {
		*gone_out = result == QMP_LOST;
		return *gone_out ? QMP_DONE : result;
	}
	for (int i = 0; result == QMP_LOST && i < UNDO_CONNECTIONS; i++) {
		(void)poll(NULL, 0, i == 0 ? 0 : UNDO_PAUSE_MS);
		result = qmp_command_connect(qmp, &attach->monitor, gone_out);
		if (*gone_out)
			return QMP_DONE;
		if (result == QMP_DONE)
			result = undo_once(attach);
	}
	return result;
}

static int undo_and_say(struct attach *attach, enum qmp_result result)
{
	int gone, code = qmp_command_code(&attach->qmp, result);
	char *why = text_format("%s", attach->qmp.error);
	const char *id = attach->id;
	enum qmp_result undone;

	if (result == QMP_LOST && !is_own(attach))
		qmp_close(&attach->qmp);
	undone = undo(attach, &gone);
	if (gone)
		(void)command_fail(code, _("%s: cannot be plugged in: %s: QEMU has ended"), id,
				   why);
	else if (undone == QMP_DONE)
		(void)command_fail(code, _("%s: cannot be plugged in: %s: all is undone"), id, why);
	else if (undone == QMP_REFUSED)
		code = command_fail(COMMAND_LEFT,
				    _("%s: cannot be plugged in: %s: not all can be "
				      "undone: %s"),
				    id, why, attach->qmp.error);
	else
		code = command_fail(COMMAND_LEFT,
				    _("%s: cannot be plugged in: %s: cannot be undone: "
				      "%s: QEMU may keep %s: vmgrant detach %s, or end QEMU"),
				    id, why, attach->qmp.error,
				    attach->kind->attach->name(attach->thing), id);
	free(why);
	return code;
}

int attach_plug(struct attach *attach)
{
	enum qmp_result result = attach->kind->attach->plug(attach->thing, attach);

	return result == QMP_DONE ? VMGRANT_GRANTED : undo_and_say(attach, result);
}

void attach_release(struct attach *attach)
{
	if (attach->thing != NULL)
		attach->kind->attach->release(attach->thing);
	free(attach->thing);
	attach->thing = NULL;
	qmp_close(&attach->qmp);
}
