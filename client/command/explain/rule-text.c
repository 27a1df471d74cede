/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The line of a rule as it stands in its file. */
#include "client/command/explain/rule-text.h"

#include <stdio.h>
#include <string.h>

#include "wire/refusal/escape.h"

int rule_text(const struct acl_rule *rule, char text[RULE_TEXT_SIZE])
{
	char bytes[ACL_LINE_MAX + 1] = "";
	FILE *file = fopen(rule->file, "re");
	unsigned line = 0;

	text[0] = '\0';
	while (file != NULL && line < rule->line && fgets(bytes, sizeof bytes, file) != NULL)
		line += strchr(bytes, '\n') != NULL;
	if (file != NULL)
		(void)fclose(file);
	if (line != rule->line)
		return -1;
	bytes[strcspn(bytes, "\n")] = '\0';
	escape_string(text, RULE_TEXT_SIZE, bytes);
	return 0;
}
