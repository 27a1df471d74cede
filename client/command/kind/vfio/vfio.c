/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* PCI devices by VFIO: the row. */
#include "client/command/kind/vfio/vfio.h"

#include "client/command/kind/kind.h"

const struct command_kind command_kind_vfio = {
	.word = "vfio",
	.option = "vfio",
	.object = "ADDRESS",
	.thing = "PCI device",
	.example = "0000:03:00.0",
	.run_help = "  --vfio ADDRESS     a PCI device that is bound to VFIO; may be repeated\n"
		    "        ,memlock=SIZE    memory that may be locked [all that the rule gives]\n"
		    "        ,iommufd=off     by the IOMMU group, for QEMU before 9.0\n"
		    "        ,bus=NAME        where QEMU puts the device [its choice]\n",
	.check_help = "  --vfio ADDRESS  look at this PCI device and its group instead, "
		      "\"0000:03:00.0\"\n",
	.explain_help = "  vfio ADDRESS | VENDOR:DEVICE\n",
	.run = &run_vfio,
	.list = list_vfio,
	.check = check_vfio,
	.complete = explain_vfio_complete,
	.look = explain_vfio_look,
};
