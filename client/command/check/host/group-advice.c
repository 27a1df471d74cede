/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Whether somebody may be told to join a group. */
#include "client/command/check/host/group-advice.h"

#include <grp.h>
#include <stdlib.h>
#include <string.h>

#include "client/text/text.h"

int group_gives_power(const struct group *group)
{
	static const char *const names[] = {
		"root", "wheel",  "sudo",   "admin", "adm",   "disk",      "shadow", "kmem",
		"bin",  "daemon", "docker", "lxd",   "incus", "libvirt",   "sys",    "tty",
		"mem",  "staff",  "podman", "systemd-journal", VMGRANT_ACCOUNT,
	};

	if (group->gr_gid == 0)
		return 1;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(group->gr_name, names[i]) == 0)
			return 1;
	}
	return 0;
}

char *group_command(const struct group *group, const char *user)
{
	char *name = text_shell_quote(group->gr_name), *quoted = text_shell_quote(user);
	char *command = text_format("sudo usermod -aG %s %s", name, quoted);

	free(quoted);
	free(name);
	return command;
}
