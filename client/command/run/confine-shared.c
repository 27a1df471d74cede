/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Files that are named in a folder which a guest may write. */
#include "client/command/run/confine-shared.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/common/command.h"
#include "client/command/run/run.h"
#include "client/qemu/files.h"
#include "client/text/message.h"

void confine_shared_find(struct run *run, const struct qemu_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		const struct qemu_file *file = &files->items[i];

		if (file->use == QEMU_USE_FOLDER && !file->is_read_only && !file->is_implied)
			confine_share(&run->confine.confine, file->path);
	}
}

int confine_shared_open(struct run *run, const struct qemu_file *file, int flags, char **share_out)
{
	return confine_open(&run->confine.confine, file->path, flags, share_out);
}

int confine_shared_reopen(int fd, int flags)
{
	char *path = text_format("/proc/self/fd/%d", fd);
	int again_fd = open(path, flags), error = errno;

	free(path);
	errno = error;
	return again_fd;
}

int confine_shared_refuse(const struct qemu_file *file, char *share)
{
	const char *why = errno == ENXIO ? _("not a file") : strerror(errno);
	int code;

	if (errno == EXDEV && share != NULL)
		code = command_fail(VMGRANT_UNSUPPORTED,
				    _("--confine: %s %.256s: leads out of "
				      "%.256s, where a guest may have put that link: name what it "
				      "leads to"),
				    file->option, file->path, share);
	else
		code = command_fail(VMGRANT_USAGE,
				    file->use == QEMU_USE_CONNECT
					    ? _("--confine: %s %.256s: cannot be connected to: %s")
				    : file->use == QEMU_USE_MAKE_SOCKET
					    ? _("--confine: %s %.256s: cannot be made: %s")
					    : _("--confine: %s %.256s: cannot be opened: %s"),
				    file->option, file->path, why);
	free(share);
	return code;
}
