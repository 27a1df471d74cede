/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The configuration of a person's libvirt session. */
#include "client/command/machine/libvirt-conf.h"

#include <stdlib.h>
#include <string.h>

#include "client/text/text.h"

char *libvirt_conf_helper(const char *line)
{
	static const char name[] = LIBVIRT_CONF_KEY;
	size_t length;

	line += strspn(line, " \t");
	if (strncmp(line, name, sizeof name - 1) != 0)
		return NULL;
	line += sizeof name - 1;
	line += strspn(line, " \t");
	if (*line != '=')
		return NULL;
	line++;
	line += strspn(line, " \t");
	if (*line != '"' && *line != '\'')
		return NULL;
	length = strcspn(line + 1, *line == '"' ? "\"\n" : "'\n");
	return line[1 + length] != *line ? NULL : text_format("%.*s", (int)length, line + 1);
}

char *libvirt_conf_folder(void)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (config != NULL && *config == '/')
		return text_format("%s/libvirt", config);
	return text_format("%s/.config/libvirt", home == NULL ? "" : home);
}
