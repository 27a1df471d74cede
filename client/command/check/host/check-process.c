/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant check: whether this process can start a setuid program that works. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/command/check/check.h"
#include "client/command/machine/tree.h"
#include "client/text/message.h"

#define START_OUTSIDE                                                                              \
	_("start it outside of the container or sandbox, or sudo systemctl enable --now vmgrant.socket")

/* The value behind "NAME:\t" in /proc/self/status, or NULL. */
static char *status_value(const struct check *check, const char *name)
{
	char *path = tree_path(check->root, "/proc/self/status");
	FILE *file = fopen(path, "re");
	char *line = NULL, *value = NULL;
	size_t size = 0, length = strlen(name);

	while (file != NULL && value == NULL && getline(&line, &size, file) > 0) {
		if (strncmp(line, name, length) == 0 && line[length] == ':')
			value = text_format("%s", line + length + 1 + strspn(line + length + 1, "\t "));
	}
	if (file != NULL)
		(void)fclose(file);
	free(line);
	free(path);
	return value;
}

/* Without these in the bounding set a setuid program is not given them either. */
static void check_bounding_set(struct check *check)
{
	static const struct {
		const char *name;
		unsigned bit;
	} needed[] = {
		{ "CAP_DAC_OVERRIDE", 1 }, { "CAP_SETGID", 6 }, { "CAP_SETUID", 7 },
		{ "CAP_SETPCAP", 8 },      { "CAP_NET_ADMIN", 12 },
	};
	char *value = status_value(check, "CapBnd");
	unsigned long long set = value == NULL ? ~0ULL : strtoull(value, NULL, 16);

	free(value);
	for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
		if ((set >> needed[i].bit & 1) == 0)
			check_advise(
				check, CHECK_FAIL,
				text_format(_("this process: %s was taken away from it for good"),
					    needed[i].name),
				text_format(_("no helper that it starts gets it: %s"),
					    START_OUTSIDE));
	}
}

static void find_reasons(struct check *check)
{
	char *privs = status_value(check, "NoNewPrivs");

	if (privs != NULL && *privs == '1')
		check_advise(
			check, CHECK_FAIL,
			text_format(_("this process: no_new_privs is set: setuid has no effect")),
			text_format(START_OUTSIDE));
	if (!check->is_mapped)
		check_advise(
			check, CHECK_FAIL,
			text_format(_("this process: in a user namespace: setuid has no effect")),
			text_format(START_OUTSIDE));
	check_bounding_set(check);
	free(privs);
}

/* The library takes the service where the setuid helper cannot help. */
static int asks_service(const struct check *check)
{
	char *privs = status_value(check, "NoNewPrivs");
	int is_powerless = !check->is_mapped || (privs != NULL && *privs == '1');

	free(privs);
	return is_powerless && tree_exists(check->root, "%s", VMGRANT_SOCKET);
}

/* A container that has a helper of its own may well be a user namespace. */
void check_process(struct check *check)
{
	size_t before = check->count;

	if (check->helper_code != VMGRANT_GRANTED && check->helper_code != VMGRANT_POLICY)
		find_reasons(check);
	if (check->count == before)
		check_add(check, CHECK_OK,
			  asks_service(check)
				  ? text_format(_("this process: setuid has no effect: asks the "
						  "service %s"),
						VMGRANT_SOCKET)
				  : text_format(_("this process: may start setuid programs")),
			  NULL);
}
