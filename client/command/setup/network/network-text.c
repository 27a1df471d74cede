/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* A card's configuration as its bridge's. Pure. */
#include "client/command/setup/network/network-text.h"

#include <string.h>

#include "client/text/text.h"

static int begins(const char *line, const char *word)
{
	return strncmp(line, word, strlen(word)) == 0;
}

/* 1 if the line sets that: networkd takes blanks before the sign. */
static int sets(const char *line, const char *key)
{
	if (!begins(line, key))
		return 0;
	line += strlen(key);
	return line[strspn(line, " \t")] == '=';
}

char *network_text_of_port(const char *text)
{
	char *section = text_format("%s", "");
	int is_link = 0;

	for (const char *line = text; *line != '\0';) {
		const size_t length = strcspn(line, "\n");
		const char *word = line + strspn(line, " \t");

		if (*word == '[')
			is_link = begins(word, "[Link]");
		if (is_link && sets(word, "MTUBytes")) {
			text_append(&section, "\n[Link]\n", *section == '\0' ? 8 : 0);
			text_append(&section, line, length);
			text_append(&section, "\n", 1);
		}
		line += length + (line[length] == '\n');
	}
	return section;
}

char *network_text_for(const char *text, const char *bridge)
{
	char *whole = text_format("[Match]\nName=%s\n\n", bridge);
	int is_match = 0, is_blank = 1;

	for (const char *line = text; *line != '\0';) {
		const size_t length = strcspn(line, "\n");
		const char *word = line + strspn(line, " \t");

		if (*word == '[')
			is_match = begins(word, "[Match]");
		/* One empty line stands there already, and the one behind [Match] goes with it. */
		if (!is_match && !sets(word, "MACAddress") && !(is_blank && length == 0)) {
			text_append(&whole, line, length);
			text_append(&whole, "\n", 1);
			is_blank = length == 0;
		}
		line += length + (line[length] == '\n');
	}
	return whole;
}
