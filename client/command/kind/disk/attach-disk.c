/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A disk for a QEMU that runs already. */
#include <string.h>

#include "client/command/common/command.h"
#include "client/command/kind/disk/ask-disk.h"
#include "client/command/kind/disk/disk.h"
#include "client/qmp/device.h"
#include "client/qmp/disk.h"
#include "client/text/message.h"

struct attached_disk {
	struct disk_option option;
	struct vmgrant_disk disk;
	enum qemu_bus bus; /* of the machine */
	struct qmp_disk plugged;
};

static int take(void *thing, const char *text)
{
	char why[256];

	if (disk_option_parse(text, &((struct attached_disk *)thing)->option, why, sizeof why) < 0)
		return command_fail(VMGRANT_USAGE, "--disk: %s", why);
	return VMGRANT_GRANTED;
}

/* The block device that stands on it gets a name made of the id, and QEMU's are short. */
static int check(void *thing, struct attach *attach)
{
	char node[QMP_NODE_SIZE];

	(void)thing;
	qmp_disk_node(node, attach->id);
	if (strlen(node) <= DISK_OPTION_NODE_MAX)
		return VMGRANT_GRANTED;
	return command_fail(VMGRANT_USAGE, _("--id %.64s: of a disk at most %d characters"),
			    attach->id, DISK_OPTION_NODE_MAX - (int)strlen(QMP_DEVICE_PREFIX));
}

/* A disk by virtio needs a bus that takes it while the machine runs. */
static int prepare(void *thing, struct attach *attach)
{
	struct attached_disk *attached = thing;
	struct qemu_machine machine;
	int has_pci, code = attach_learn_machine(attach, &machine, &has_pci);

	if (code != VMGRANT_GRANTED)
		return code;
	/* microvm with pcie=on: only its PCI bus takes a disk later. */
	attached->bus = has_pci ? QEMU_BUS_PCI : machine.bus;
	return attached->bus == QEMU_BUS_PCI || attached->bus == QEMU_BUS_CCW
		       ? VMGRANT_GRANTED
		       : command_fail(COMMAND_REFUSED,
				      _("%s: machine %s takes no disk while it "
					"runs: use vmgrant run"),
				      attach->id, machine.name);
}

static int ask(void *thing, struct attach *attach, struct vmgrant_connection *connection)
{
	struct attached_disk *attached = thing;

	return ask_disk(connection, &attached->option,
			prompt_flag(attach->prompt, VMGRANT_DEVICE_INTERACTIVE), &attached->disk);
}

/* ---- plugging in, undoing ---- */

static json_object *make_blockdev(const void *context, const char *node, const char *path)
{
	return disk_option_blockdev(&((const struct attached_disk *)context)->option, node, path);
}

static json_object *make_device(const void *context, const char *id, const char *node)
{
	const struct attached_disk *attached = context;

	return disk_option_device(&attached->option, attached->bus, id, node, 0);
}

static enum qmp_result plug(void *thing, struct attach *attach)
{
	struct attached_disk *attached = thing;

	attached->plugged = (struct qmp_disk){
		.fd = attached->disk.fd,
		.blockdev = make_blockdev,
		.device = make_device,
		.option = attached,
		.is_pci = attached->bus == QEMU_BUS_PCI &&
			  attached->option.interface == DISK_VIRTIO,
	};
	memcpy(attached->plugged.id, attach->id, sizeof attach->id);
	return qmp_disk_plug(&attach->qmp, &attached->plugged);
}

static enum qmp_result undo(void *thing, struct attach *attach)
{
	return qmp_disk_undo(&attach->qmp, &((struct attached_disk *)thing)->plugged);
}

static const char *name(const void *thing)
{
	return ((const struct attached_disk *)thing)->disk.node;
}

static void release(void *thing)
{
	struct attached_disk *attached = thing;

	if (attached->disk.size != 0)
		vmgrant_disk_close(&attached->disk);
}

const struct attach_kind attach_disk = {
	.size = sizeof(struct attached_disk),
	.take = take,
	.check = check,
	.prepare = prepare,
	.ask = ask,
	.plug = plug,
	.undo = undo,
	.name = name,
	.release = release,
	.owns = qmp_disk_owns,
	.remove_rest = qmp_disk_remove_rest,
};
