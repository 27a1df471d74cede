/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* vmgrant check: ConnMan, which takes addresses and routes on every Ethernet interface. */
#include <stdlib.h>
#include <string.h>

#include "client/command/check/beside/beside.h"
#include "client/text/message.h"

#define CONNMAN_FILE "/etc/connman/main.conf"
#define CONNMAN_OWN "vmnet,vboxnet,virbr,ifb,ve-,vb-,ham"

/* The value of NAME=VALUE, or NULL. */
static const char *value_of(const char *line, const char *name)
{
	const char *equals = line + strlen(name);

	if (strncmp(line, name, strlen(name)) != 0)
		return NULL;
	equals += strspn(equals, " \t");
	return *equals == '=' ? equals + 1 + strspn(equals + 1, " \t") : NULL;
}

/* ConnMan compares beginnings. */
static int begins_as_ours(const char *list)
{
	char *copy = text_format("%s", list), *rest = copy, *word;
	int found = 0;

	while (!found && (word = strsep(&rest, ", \t")) != NULL)
		found = *word != '\0' && strncmp(BESIDE_SAMPLE, word, strlen(word)) == 0;
	free(copy);
	return found;
}

/* By an argument: -I PATTERN,... and -i PATTERN,... */
static int connman_was_told(const struct check *check)
{
	size_t index = 0;
	char *pid = beside_find(check, "connmand", &index);
	struct words arguments;
	int is_told = 0;

	if (pid == NULL)
		return 0;
	beside_arguments(check, pid, &arguments);
	for (size_t i = 1; i < arguments.count; i++) {
		const char *word = arguments.items[i];
		const char *next = i + 1 < arguments.count ? arguments.items[i + 1] : "";

		if (strncmp(word, "--nodevice=", 11) == 0)
			is_told |= beside_matches(word + 11, ",");
		else if (strcmp(word, "-I") == 0 || strcmp(word, "--nodevice") == 0)
			is_told |= beside_matches(next, ",");
		else if (strncmp(word, "--device=", 9) == 0)
			is_told |= !beside_matches(word + 9, ",");
		else if (strcmp(word, "-i") == 0 || strcmp(word, "--device") == 0)
			is_told |= !beside_matches(next, ",");
	}
	words_release(&arguments);
	free(pid);
	return is_told;
}

static char *connman_mend(int has_key, int has_section)
{
	static const char key[] = "NetworkInterfaceBlacklist";

	if (has_key)
		return text_format("sudo sed -i 's/^[ \\t]*%s[ \\t]*=.*/&," PORT_PREFIX "/' "
				   CONNMAN_FILE " && sudo systemctl restart connman", key);
	if (has_section)
		return text_format("sudo sed -i '/^\\[General\\]/a %s=" CONNMAN_OWN "," PORT_PREFIX
				   "' " CONNMAN_FILE " && sudo systemctl restart connman", key);
	return text_format("printf '[General]\\n%s=" CONNMAN_OWN "," PORT_PREFIX "\\n' | sudo tee -a "
			   CONNMAN_FILE " && sudo systemctl restart connman", key);
}

void beside_connman(struct check *check)
{
	FILE *file = beside_open(check, CONNMAN_FILE);
	int has_key = 0, has_section = 0, is_told = connman_was_told(check);
	char line[BESIDE_LINE_SIZE];
	const char *begin, *value;

	while ((begin = beside_line(file, line)) != NULL) {
		has_section |= strcmp(begin, "[General]") == 0;
		value = value_of(begin, "NetworkInterfaceBlacklist");
		if (value == NULL)
			continue;
		has_key = 1;
		is_told |= begins_as_ours(value);
	}
	beside_close(file);
	if (!is_told)
		check_add(
			check, CHECK_WARN,
			text_format(
				_("connman: runs, and would take addresses and routes from guests: NetworkInterfaceBlacklist in %s does not name %s"),
				CONNMAN_FILE, PORT_PREFIX),
			connman_mend(has_key, has_section));
}
