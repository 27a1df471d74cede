/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The QEMU behind vmgrant-qemu-ARCHITECTURE. */
#include "client/command/wrapper/emulator.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/qemu/qemu-program.h"
#include "client/text/message.h"
#include "client/text/text.h"

#define PREFIX "vmgrant-qemu-"
#define ARCHITECTURE_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

const char *emulator_architecture(const char *path)
{
	const char *name = text_base_name(path);

	return strncmp(name, PREFIX, strlen(PREFIX)) == 0 ? name + strlen(PREFIX) : NULL;
}

/* A link to ourselves would start us for ever. */
static int is_this_program(const char *path)
{
	struct stat ours, other;

	return stat("/proc/self/exe", &ours) == 0 && stat(path, &other) == 0 &&
	       ours.st_dev == other.st_dev && ours.st_ino == other.st_ino;
}

/* path, which is freed if it is none. */
static char *if_usable(char *path)
{
	if (path != NULL && access(path, X_OK) == 0 && !is_this_program(path))
		return path;
	free(path);
	return NULL;
}

static char *find_beside(const char *name, const char *architecture)
{
	int folder_length = (int)(text_base_name(name) - name);

	return folder_length == 0 ? NULL
				  : if_usable(text_format("%.*sqemu-system-%s", folder_length, name,
							  architecture));
}

/* Red Hat's have one QEMU alone, of the machine's own architecture. */
static char *find_own(const char *architecture)
{
	static const char *const paths[] = { "/usr/bin/qemu-kvm", "/usr/libexec/qemu-kvm" };
	struct utsname machine;
	char *path = NULL;

	if (uname(&machine) < 0 || strcmp(machine.machine, architecture) != 0)
		return NULL;
	for (size_t i = 0; path == NULL && i < sizeof paths / sizeof paths[0]; i++)
		path = if_usable(text_format("%s", paths[i]));
	return path;
}

static char *find_in_path(const char *architecture)
{
	char *name = text_format("qemu-system-%s", architecture);
	char *path = if_usable(qemu_program_file(name));

	free(name);
	return path;
}

static char *find_installed(const char *name, const char *architecture)
{
	char *path = find_beside(name, architecture);

	if (path == NULL)
		path = if_usable(text_format("/usr/bin/qemu-system-%s", architecture));
	if (path == NULL)
		path = find_own(architecture);
	return path == NULL ? find_in_path(architecture) : path;
}

int emulator_find(const char *name, const char *architecture, char **path_out)
{
	const char *wanted = getenv("VMGRANT_QEMU");

	if (*architecture == '\0' ||
	    architecture[strspn(architecture, ARCHITECTURE_CHARACTERS)] != '\0')
		return command_fail(
			VMGRANT_USAGE,
			_("%.256s: not a name of this program: it is that of a QEMU, like %sx86_64"),
			name, PREFIX);
	if (wanted == NULL || *wanted == '\0') {
		*path_out = find_installed(name, architecture);
		return *path_out != NULL ? VMGRANT_GRANTED
					 : command_fail(COMMAND_NOT_FOUND,
							_("qemu-system-%.64s: not found: "
							  "VMGRANT_QEMU=PATH says where it is"),
							architecture);
	}
	if (*wanted != '/')
		return command_fail(VMGRANT_USAGE,
				    _("VMGRANT_QEMU %.256s: must be a path from / on"), wanted);
	*path_out = if_usable(text_format("%s", wanted));
	return *path_out != NULL ? VMGRANT_GRANTED
				 : command_fail(COMMAND_NOT_FOUND,
						_("VMGRANT_QEMU %.256s: not a "
						  "program that can be started"),
						wanted);
}
