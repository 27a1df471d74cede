/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Disks: the row. */
#include "client/command/kind/disk/disk.h"

#include "client/command/kind/kind.h"

const struct command_kind command_kind_disk = {
	.word = "disk",
	.option = "disk",
	.object = "NAME",
	.thing = "disk",
	.example = "/dev/disk/by-id/NAME",
	.run_help = "  --disk NAME        a disk, partition or volume; may be repeated\n"
		    "        ,ro              for reading alone\n"
		    "        ,if=virtio|scsi  how the guest sees it [virtio]\n"
		    "        ,cache=MODE      as QEMU's -drive calls it [none]\n"
		    "        ,bus=NAME        where QEMU puts it [its choice]\n",
	.attach_help =
		"  --disk NAME        a disk, partition or volume, see vmgrant run --help\n",
	.check_help =
		"  --disk NAME     look at this disk instead, \"/dev/disk/by-id/NAME\"\n",
	.explain_help = "  disk NAME [ro]\n",
	.run = &run_disk,
	.attach = &attach_disk,
	.list = list_disks,
	.check = check_disk,
	.look = explain_disk_look,
	.forget = explain_disk_forget,
};
