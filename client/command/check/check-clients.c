/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmgrant check: the programs that start the helper, and the one that it replaces. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "client/command/common/capture.h"
#include "client/command/check/check.h"
#include "client/command/common/tree.h"

#define VERSION_TIMEOUT_MS 10000

/* ---- QEMU ---- */

/* Returns 1 if that program is there and has been reported. */
static int try_qemu(struct check *check, const char *program)
{
	char *const argv[] = { text_format("%s", program), text_format("--version"), NULL };
	struct capture capture;
	int is_there;

	capture_run(argv, VERSION_TIMEOUT_MS, &capture);
	capture.text[strcspn(capture.text, "\n")] = '\0';
	is_there = capture.end != CAPTURE_NOT_FOUND;
	if (capture.end == CAPTURE_EXITED && capture.status == 0)
		check_add(check, CHECK_OK, text_format("%s: %s", program, capture.text), NULL);
	else if (is_there)
		check_add(check, CHECK_WARN,
			  text_format("%s: does not work: %s", program, capture.text),
			  text_format("install it again"));
	free(argv[0]);
	free(argv[1]);
	return is_there;
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
		check_add(check, CHECK_INFO, text_format("%s: not installed", system),
			  text_format("install QEMU, or use another program with vmgrant run"));
	free(system);
}

/* ---- libvirt ---- */

/* The value of `bridge_helper = "VALUE"` in a line, to be freed, or NULL. */
static char *value_of(const char *line)
{
	static const char name[] = "bridge_helper";
	const char *end;

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
	end = strchr(line + 1, *line);
	return end == NULL ? NULL : text_format("%.*s", (int)(end - line - 1), line + 1);
}

static char *read_bridge_helper(const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL, *value = NULL;
	size_t size = 0;

	while (file != NULL && getline(&line, &size, file) > 0) {
		char *found = value_of(line);

		if (found == NULL)
			continue;
		free(value);
		value = found;
	}
	free(line);
	if (file != NULL)
		(void)fclose(file);
	return value;
}

/* qemu:///session reads this one; /etc/libvirt/qemu.conf is for qemu:///system, which is root's. */
static char *session_file(void)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	if (config != NULL && *config == '/')
		return text_format("%s/libvirt/qemu.conf", config);
	return text_format("%s/.config/libvirt/qemu.conf", home == NULL ? "" : home);
}

void check_libvirt(struct check *check)
{
	char *path = session_file();
	char *value = read_bridge_helper(path), *quoted = text_shell_quote(path);

	if (value == NULL && tree_exists(check->root, "/usr/sbin/libvirtd"))
		check_add(check, CHECK_INFO,
			  text_format("libvirt: %s does not name a bridge_helper: qemu:///session "
				      "uses qemu-bridge-helper", path),
			  text_format("mkdir -p \"${XDG_CONFIG_HOME:-$HOME/.config}/libvirt\" && "
				      "echo 'bridge_helper = \"%s\"' >>%s", check->helper, quoted));
	else if (value != NULL && strcmp(value, check->helper) != 0)
		check_add(check, CHECK_WARN,
			  text_format("libvirt: %s: bridge_helper is %s, not %s", path, value,
				      check->helper),
			  text_format("sed -i 's|^[ \\t]*bridge_helper.*|bridge_helper = \"%s\"|' %s",
				      check->helper, quoted));
	else if (value != NULL)
		check_add(check, CHECK_OK, text_format("libvirt: %s: bridge_helper is %s", path,
						       value), NULL);
	free(quoted);
	free(value);
	free(path);
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
				  text_format("%s: still setuid root, although vmgrant-helper does "
					      "its work", places[i]),
				  text_format("sudo chmod u-s %s", places[i]));
		free(path);
	}
}
