/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant check: the programs that start the helper, and the one that it replaces. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "client/command/check/check.h"
#include "client/command/machine/capture.h"
#include "client/command/machine/tree.h"
#include "client/text/message.h"

#define VERSION_TIMEOUT_MS 10000

/* ---- QEMU ---- */

/* "7.2.22" out of "QEMU emulator version 7.2.22 (Debian ...)", to be freed; NULL: none. */
static char *version_in(const char *text)
{
	static const char before[] = "version ";
	const char *version = strstr(text, before);
	size_t length;

	if (version == NULL)
		return NULL;
	version += sizeof before - 1;
	length = strspn(version, "0123456789.");
	return length == 0 ? NULL : text_format("%.*s", (int)length, version);
}

/* Returns 1 if that program is there and has been reported. */
static int try_qemu(struct check *check, const char *program)
{
	char *const argv[] = { text_format("%s", program), text_format("--version"), NULL };
	struct capture capture;
	char *version;

	capture_run(argv, VERSION_TIMEOUT_MS, &capture);
	free(argv[0]);
	free(argv[1]);
	if (capture.end == CAPTURE_NOT_FOUND)
		return 0;
	version = version_in(capture.text);
	if (capture.end == CAPTURE_EXITED && capture.status == 0 && version != NULL)
		check_add(check, CHECK_OK, text_format(_("%s: version %s"), program, version),
			  NULL);
	else
		check_advise(check, CHECK_WARN, text_format(_("%s: does not work"), program),
			     text_format(_("run %s --version to see why"), program));
	free(version);
	return 1;
}

void check_qemu(struct check *check)
{
	struct utsname machine;
	char *system;
	int found;

	(void)uname(&machine);
	system = text_format("qemu-system-%s", machine.machine);
	found = try_qemu(check, system) || try_qemu(check, "qemu-kvm") ||
		try_qemu(check, "/usr/libexec/qemu-kvm");
	if (!found)
		check_advise(
			check, CHECK_INFO, text_format(_("%s: not installed"), system),
			text_format(_("install QEMU, or use another program with vmgrant run")));
	free(system);
}

/* ---- qemu-bridge-helper ---- */

void check_old_helper(struct check *check)
{
	static const char *const places[] = {
		"/usr/lib/qemu/qemu-bridge-helper",
		"/usr/libexec/qemu-bridge-helper",
		"/usr/lib/qemu-bridge-helper",
	};

	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		char *path = tree_path(check->root, "%s", places[i]);
		struct stat status;

		if (stat(path, &status) == 0 && (status.st_mode & S_ISUID) != 0)
			check_add(check, CHECK_INFO,
				  text_format(_("%s: still setuid root; nothing needs it now"),
					      places[i]),
				  text_format("sudo chmod u-s %s", places[i]));
		free(path);
	}
}
