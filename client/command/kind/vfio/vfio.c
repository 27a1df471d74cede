/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* PCI devices by VFIO: the row. */
#include "client/command/kind/vfio/vfio.h"

#include <string.h>

#include "client/command/kind/kind.h"
#include "client/command/machine/tree.h"
#include "client/text/message.h"

/* What is bound to VFIO; check is also about what is not yet. */
static void vfio_objects(struct words *objects, const char *command)
{
	const char *place = strcmp(command, "check") == 0 ? "devices" : "drivers/vfio-pci";
	struct words names;

	tree_names(&names, "/sys/bus/pci", "/%s", place);
	for (size_t i = 0; i < names.count; i++) {
		if (strchr(names.items[i], ':') != NULL)
			words_add(objects, text_format("%s", names.items[i]));
	}
	words_release(&names);
}

const struct command_kind command_kind_vfio = {
	.word = "vfio",
	.option = "vfio",
	.object = "ADDRESS",
	.none = N_("no PCI device"),
	.example = "0000:03:00.0",
	.run_help =
		N_("  --vfio ADDRESS     a PCI device that is bound to VFIO; may be repeated\n"
		   "        ,memlock=SIZE    memory that may be locked [all that the rule gives]\n"
		   "        ,iommufd=off     by the IOMMU group, for QEMU before 9.0\n"
		   "        ,bus=NAME        where QEMU puts the device [its choice]\n"),
	.check_help = N_("  --vfio ADDRESS  look at this PCI device and its group instead, "
			 "\"0000:03:00.0\"\n"),
	.explain_help = "  vfio ADDRESS | VENDOR:DEVICE\n",
	.summary = "a PCI device",
	.run_words = "memlock= iommufd=off bus=",
	.objects = vfio_objects,
	.run = &run_vfio,
	.list = list_vfio,
	.check = check_vfio,
	.complete = explain_vfio_complete,
	.look = explain_vfio_look,
};
