/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Getting a disk. */
#include "client/command/kind/disk/ask-disk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "client/command/common/command.h"
#include "client/text/message.h"

/* QEMU takes from a set of fds the one whose access mode and, since 9.1, O_DIRECT fit. */
static int set_direct(const struct disk_option *option, struct vmgrant_disk *disk)
{
	int flags;

	if (disk->fd < 0 || !option->cache->is_direct)
		return VMGRANT_GRANTED;
	flags = fcntl(disk->fd, F_GETFL);
	if (flags >= 0 && fcntl(disk->fd, F_SETFL, flags | O_DIRECT) == 0)
		return VMGRANT_GRANTED;
	(void)command_fail(VMGRANT_UNSUPPORTED,
			   _("disk %.256s: cache=%s is not possible: %s: use "
			     "cache=writeback"),
			   option->name, option->cache->name, strerror(errno));
	vmgrant_disk_close(disk);
	return VMGRANT_UNSUPPORTED;
}

int ask_disk(struct vmgrant_connection *connection, const struct disk_option *option,
	     unsigned flags, struct vmgrant_disk *disk)
{
	struct vmgrant_disk_request request = {
		.size = sizeof request,
		.flags = flags | (option->read_only ? VMGRANT_DISK_READ_ONLY : 0u),
		.name = option->name,
	};
	enum vmgrant_code code;
	sigset_t before;
	int status;

	disk->size = sizeof *disk;
	command_hold_interrupts(&before);
	code = vmgrant_disk(connection, &request, disk);
	status = command_end_request(connection, code, "disk", option->name, &before);
	return status == VMGRANT_GRANTED ? set_direct(option, disk) : status;
}
