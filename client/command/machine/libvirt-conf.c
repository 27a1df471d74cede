/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The line of libvirt's qemu.conf that names the helper for bridges. Pure. */
#include "client/command/machine/libvirt-conf.h"

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
