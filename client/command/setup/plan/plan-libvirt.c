/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant setup: the helper in the session configuration of libvirt, of each person. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/common/person.h"
#include "client/command/machine/libvirt-conf.h"
#include "client/command/machine/tree.h"
#include "client/command/setup/change/perform.h"
#include "client/command/setup/plan/plan.h"
#include "client/text/message.h"

#define LINE LIBVIRT_CONF_KEY " = \"" VMGRANT_HELPER "\"\n"

/* The text with our line in the place of the one that counts, or at its end. */
static char *with_line(const char *before)
{
	const char *counts = NULL, *end;
	char *text;

	for (const char *line = before; line != NULL && *line != '\0';) {
		char *value = libvirt_conf_helper(line);

		if (value != NULL)
			counts = line;
		free(value);
		line = strchr(line, '\n');
		line = line == NULL ? NULL : line + 1;
	}
	if (before == NULL)
		return text_format("%s", LINE);
	if (counts == NULL)
		return text_format("%s%s" LINE, before,
				   *before != '\0' && before[strlen(before) - 1] != '\n' ? "\n"
											 : "");
	end = strchr(counts, '\n');
	text = text_format("%.*s" LINE "%s", (int)(counts - before), before,
			   end == NULL ? "" : end + 1);
	return text;
}

static int plan_person(const char *name, const char *home, struct setup_changes *changes)
{
	char *path = text_format("%s/.config/libvirt/qemu.conf", home), *before, *text;
	int result = setup_read_file(path, name, &before);

	if (result < 0 && result != -ENOENT) {
		(void)command_fail(VMGRANT_INTERNAL, _("setup: %.256s: cannot be read: %s"), path,
				   strerror(-result));
		free(path);
		return VMGRANT_INTERNAL;
	}
	text = with_line(before);
	if (before != NULL && strcmp(text, before) == 0) {
		free(text);
		free(before);
		free(path);
		return VMGRANT_GRANTED;
	}
	changes_add_file(changes, "libvirt", path, text, before)->user = text_format("%s", name);
	return VMGRANT_GRANTED;
}

int plan_libvirt(const struct setup *setup, struct setup_changes *changes)
{
	int code = VMGRANT_GRANTED;

	/* Files of others are root's to read; the rest of a trial is worth showing anyway. */
	if (geteuid() != 0 ||
	    (!tree_exists("", "/usr/sbin/libvirtd") && !tree_exists("", "/usr/sbin/virtqemud")))
		return VMGRANT_GRANTED;
	for (size_t i = 0; i < setup->people.count && code == VMGRANT_GRANTED; i++) {
		struct person person;

		code = person_find(&person, setup->people.items[i]);
		/* An account without a home has no session either. */
		if (code == VMGRANT_GRANTED && tree_exists("", "%s", person.home))
			code = plan_person(setup->people.items[i], person.home, changes);
		person_release(&person);
	}
	return code;
}
