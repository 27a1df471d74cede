/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant check: dhcpcd, which takes addresses and routes on every Ethernet interface. */
#include <stdlib.h>
#include <string.h>

#include "client/command/check/beside/beside.h"
#include "client/text/message.h"

/* Is it the one for all interfaces? Only its own title says so, in newer versions. */
static int is_manager(const struct words *arguments)
{
	const char *title = arguments->count > 0 ? arguments->items[0] : "";

	if (strncmp(title, "dhcpcd: ", 8) == 0)
		return strncmp(title + 8, "[manager]", 9) == 0 ||
		       strncmp(title + 8, "[master]", 8) == 0;
	/* Arguments: interfaces come last. */
	return arguments->count < 2 || arguments->items[arguments->count - 1][0] == '-';
}

static int runs_for_all(const struct check *check)
{
	size_t index = 0;
	int found = 0;
	char *pid;

	while (!found && (pid = beside_find(check, "dhcpcd", &index)) != NULL) {
		struct words arguments;

		beside_arguments(check, pid, &arguments);
		found = is_manager(&arguments);
		words_release(&arguments);
		free(pid);
	}
	return found;
}

/* Lines behind the first block concern that block. */
static int begins_block(const char *line)
{
	return beside_value(line, "interface") != NULL || beside_value(line, "ssid") != NULL ||
	       beside_value(line, "profile") != NULL;
}

void beside_dhcpcd(struct check *check)
{
	int is_denied = 0, has_allowed = 0, is_allowed = 0, is_empty = 1;
	char line[BESIDE_LINE_SIZE];
	const char *begin, *value;
	FILE *file;

	if (!runs_for_all(check))
		return;
	file = beside_open(check, "/etc/dhcpcd.conf");
	while ((begin = beside_line(file, line)) != NULL && !begins_block(begin)) {
		is_empty = 0;
		if ((value = beside_value(begin, "denyinterfaces")) != NULL)
			is_denied |= beside_matches(value, " \t,");
		if ((value = beside_value(begin, "allowinterfaces")) != NULL) {
			has_allowed = 1;
			is_allowed |= beside_matches(value, " \t,");
		}
	}
	is_empty = is_empty && begin == NULL;
	beside_close(file);
	if (is_denied || (has_allowed && !is_allowed))
		return;
	check_add(
		check, CHECK_WARN,
		text_format(
			_("dhcpcd: runs, and would take addresses and routes from guests: /etc/dhcpcd.conf has no denyinterfaces for %s*"),
			PORT_PREFIX),
		is_empty ? text_format("echo 'denyinterfaces " PORT_PREFIX "*' | sudo tee "
				       "/etc/dhcpcd.conf && sudo systemctl restart dhcpcd")
			 : text_format("sudo sed -i '1i denyinterfaces " PORT_PREFIX "*' "
				       "/etc/dhcpcd.conf && sudo systemctl restart dhcpcd"));
}
