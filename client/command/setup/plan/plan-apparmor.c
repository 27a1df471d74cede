/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant setup: what lets libvirt's daemons start the helper where AppArmor confines them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/machine/tree.h"
#include "client/command/setup/change/perform.h"
#include "client/command/setup/plan/plan.h"

#define FOLDER "/etc/apparmor.d"
#define WORD "abstractions/vmgrant-helper"

/* 1 if the daemon's profile is there, and its additions do not name the helper's yet. */
static int lacks_line(const char *profile)
{
	char *path = text_format(FOLDER "/local/%s", profile), *text;
	int lacks = 0, result;

	if (tree_exists("", FOLDER "/%s", profile)) {
		result = setup_read_file(path, NULL, &text);
		lacks = result == -ENOENT || (result == 0 && strstr(text, WORD) == NULL &&
					      strstr(text, VMGRANT_HELPER) == NULL);
		free(text);
	}
	free(path);
	return lacks;
}

int plan_apparmor(const struct setup *setup, struct setup_changes *changes)
{
	char *enabled = tree_line("", "/sys/module/apparmor/parameters/enabled");
	const int is_enabled = enabled != NULL && *enabled == 'Y';
	struct setup_change *change;

	(void)setup;
	free(enabled);
	if (!is_enabled || access(VMGRANT_APPARMOR, X_OK) < 0 ||
	    (!lacks_line("usr.sbin.libvirtd") && !lacks_line("usr.sbin.virtqemud")))
		return VMGRANT_GRANTED;
	change = changes_add_command(changes, "apparmor", SETUP_WORDS(VMGRANT_APPARMOR, "add"));
	change_add_undo(change, SETUP_WORDS(VMGRANT_APPARMOR, "remove"));
	return VMGRANT_GRANTED;
}
