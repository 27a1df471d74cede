/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* Which program is a QEMU, of which architecture, and what it understands. */
#include "client/command/qemu/qemu-program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "client/command/machine/capture.h"
#include "client/text/text.h"

#define PREFIX "qemu-system-"
#define VERSION_TIMEOUT_MS 10000

/* Behind "qemu-system-", NULL if the name does not begin so. NixOS and Guix wrap it with a dot. */
static const char *behind_prefix(const char *path)
{
	const char *name = text_base_name(path);

	name += *name == '.';
	return strncmp(name, PREFIX, strlen(PREFIX)) == 0 ? name + strlen(PREFIX) : NULL;
}

static int is_known_name(const char *path)
{
	/* Debian and Ubuntu, Red Hat, older ones. */
	static const char *const names[] = { "kvm", "qemu-kvm", "kvm-spice", "qemu-spice", "qemu" };
	const char *name = text_base_name(path);

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(names[i], name) == 0)
			return 1;
	}
	return behind_prefix(path) != NULL;
}

char *qemu_program_file(const char *program)
{
	const char *folders = getenv("PATH");
	char *found = NULL;

	if (strchr(program, '/') != NULL)
		return realpath(program, NULL);
	while (found == NULL && folders != NULL && *folders != '\0') {
		size_t length = strcspn(folders, ":");
		char *path = text_format("%.*s%s%s", (int)length, folders, length == 0 ? "" : "/",
					 program);

		if (access(path, X_OK) == 0)
			found = realpath(path, NULL);
		free(path);
		folders += length + (folders[length] == ':');
	}
	return found;
}

int qemu_program_is_qemu(const char *program)
{
	char *file;
	int is_qemu = is_known_name(program);

	if (is_qemu)
		return 1;
	file = qemu_program_file(program);
	is_qemu = file != NULL && is_known_name(file);
	free(file);
	return is_qemu;
}

/* Without what a distribution has put behind: qemu-system-x86_64-spice. */
static int copy_architecture(const char *path, char *out, unsigned size)
{
	const char *name = path == NULL ? NULL : behind_prefix(path);

	if (name == NULL)
		return 0;
	(void)snprintf(out, size, "%.*s", (int)strcspn(name, "-."), name);
	return 1;
}

void qemu_program_architecture(const char *program, char *out, unsigned size)
{
	struct utsname machine;
	char *file = qemu_program_file(program);
	int is_found = copy_architecture(program, out, size) || copy_architecture(file, out, size);

	free(file);
	if (is_found)
		return;
	(void)uname(&machine);
	(void)snprintf(out, size, "%s", machine.machine);
	if (strcmp(out, "i686") == 0 || strcmp(out, "i586") == 0)
		(void)snprintf(out, size, "i386");
	else if (strncmp(out, "armv", 4) == 0)
		(void)snprintf(out, size, "arm");
}

int qemu_program_parse_version(const char *text)
{
	static const char words[] = "QEMU emulator version ";
	const char *found = strstr(text, words);
	unsigned major, minor;

	if (found == NULL || sscanf(found + sizeof words - 1, "%2u.%2u", &major, &minor) != 2)
		return 0;
	return (int)QEMU_VERSION(major, minor);
}

int qemu_program_version(const char *program)
{
	char *const argv[] = { text_format("%s", program), text_format("--version"), NULL };
	struct capture capture;
	int version = 0;

	if (qemu_program_is_qemu(program)) {
		capture_run(argv, VERSION_TIMEOUT_MS, &capture);
		if (capture.end == CAPTURE_EXITED && capture.status == 0)
			version = qemu_program_parse_version(capture.text);
	}
	free(argv[0]);
	free(argv[1]);
	return version;
}
