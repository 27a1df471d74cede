/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Disks: the row. */
#include "client/command/kind/disk/disk.h"

#include <string.h>

#include "client/command/kind/kind.h"
#include "client/command/machine/tree.h"
#include "client/text/message.h"

#define DISK_WORDS                                                                                 \
	"ro if=virtio if=scsi cache=none cache=writeback cache=writethrough cache=directsync "     \
	"cache=unsafe bus="

/* The names that a rule may use. */
static void add_names(struct words *objects, const char *folder)
{
	struct words names;

	tree_names(&names, folder, "%s", "");
	for (size_t i = 0; i < names.count; i++) {
		if (strncmp(names.items[i], "lvm-pv-uuid-", 12) != 0 &&
		    strcmp(names.items[i], "control") != 0)
			words_add(objects, text_format("%s/%s", folder, names.items[i]));
	}
	words_release(&names);
}

static void disk_objects(struct words *objects, const char *command)
{
	(void)command;
	add_names(objects, "/dev/disk/by-id");
	add_names(objects, "/dev/mapper");
}

const struct command_kind command_kind_disk = {
	.word = "disk",
	.option = "disk",
	.object = "NAME",
	.none = N_("no disk"),
	.example = "/dev/disk/by-id/NAME",
	.run_help = N_("  --disk NAME        a disk, partition or volume; may be repeated\n"
		       "        ,ro              for reading alone\n"
		       "        ,if=virtio|scsi  how the guest sees it [virtio]\n"
		       "        ,cache=MODE      as QEMU's -drive calls it [none]\n"
		       "        ,bus=NAME        where QEMU puts it [its choice]\n"),
	.attach_help =
		N_("  --disk NAME        a disk, partition or volume, see vmgrant run --help\n"),
	.check_help = N_("  --disk NAME     look at this disk instead, \"/dev/disk/by-id/NAME\"\n"),
	.explain_help = "  disk NAME [ro]\n",
	.summary = "a disk",
	.run_words = DISK_WORDS,
	.attach_words = DISK_WORDS,
	.objects = disk_objects,
	.run = &run_disk,
	.attach = &attach_disk,
	.list = list_disks,
	.check = check_disk,
	.look = explain_disk_look,
	.forget = explain_disk_forget,
};
