/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Why the setuid bit gave no power. */
#include "judge/powerless.h"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "wire/process/namespace.h"

static const char *reason(void)
{
	struct statvfs filesystem;
	struct stat program;

	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		return "no_new_privs is set: a program before this one has switched setuid off "
		       "(QEMU: any -sandbox on; bwrap, Flatpak, systemd's NoNewPrivileges=): start it "
		       "without that, let 'vmgrant run' fetch the files first, or ask the "
		       "administrator for vmgrant.socket";
	if (namespace_is_users())
		return "started in a user namespace, where setuid programs have no power: start "
		       "it outside of the container or sandbox, or ask the administrator for "
		       "vmgrant.socket";
	if (statvfs("/proc/self/exe", &filesystem) == 0 && (filesystem.f_flag & ST_NOSUID) != 0)
		return "its file system is mounted nosuid: ask the administrator to install it "
		       "on one that is not";
	if (stat("/proc/self/exe", &program) == 0 &&
	    ((program.st_mode & S_ISUID) == 0 || program.st_uid != 0))
		return "it is not installed setuid root: ask the administrator for chown root and "
		       "chmod 4755, or for capabilities of the file, see vmgrant-helper(8)";
	return "the kernel did not honour the setuid bit: start it without a debugger";
}

enum reply_code refuse_powerless(struct refusal *why)
{
	return refuse(why, REPLY_NO_PRIVILEGE, "no privilege: %s", reason());
}
