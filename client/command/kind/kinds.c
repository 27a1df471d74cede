/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The table of kinds, and the options and sentences that are made of it. */
#include "client/command/kind/kind.h"

#include <stdio.h>
#include <string.h>

#include "client/command/attach/attach.h"
#include "client/command/run/run.h"
#include "client/text/message.h"

/* Beyond every character. */
#define FIRST_OPTION 0x100

#define ROW(NAME, name) &command_kind_##name,
const struct command_kind *const command_kinds[COMMAND_KINDS] = { KINDS(ROW) };
#undef ROW

int command_kind_runs(const struct command_kind *kind)
{
	return kind->run != NULL;
}

int command_kind_needs_qemu(const struct command_kind *kind)
{
	return kind->run != NULL && !kind->run->is_for_any_program;
}

int command_kind_attaches(const struct command_kind *kind)
{
	return kind->attach != NULL;
}

int command_kind_follows(const struct command_kind *kind)
{
	return kind->attach != NULL && kind->attach->follow != NULL;
}

int command_kind_checks(const struct command_kind *kind)
{
	return kind->check != NULL;
}

void command_kind_add_options(struct option *options, command_kind_choice *choice)
{
	while (options->name != NULL)
		options++;
	for (int i = 0; i < COMMAND_KINDS; i++) {
		if (choice(command_kinds[i]))
			*options++ = (struct option){ command_kinds[i]->option, required_argument,
						      NULL, FIRST_OPTION + i };
	}
	*options = (struct option){ 0 };
}

int command_kind_index(int option)
{
	return option >= FIRST_OPTION && option < FIRST_OPTION + COMMAND_KINDS
		       ? option - FIRST_OPTION : -1;
}

static void describe(char *text, size_t size, const struct command_kind *kind,
		     enum command_kind_show show)
{
	if (show == SHOW_NONE)
		(void)snprintf(text, size, "%s", _(kind->none));
	else
		(void)snprintf(text, size, "--%s%s%s", kind->option,
			       show == SHOW_OBJECT ? " " : "",
			       show == SHOW_OBJECT ? kind->object : "");
}

const char *command_kind_text(char text[COMMAND_KIND_TEXT_SIZE], command_kind_choice *choice,
			      enum command_kind_show show, const char *last)
{
	size_t count = 0, done = 0, length = 0;

	text[0] = '\0';
	for (int i = 0; i < COMMAND_KINDS; i++)
		count += choice(command_kinds[i]) != 0;
	for (int i = 0; i < COMMAND_KINDS && length < COMMAND_KIND_TEXT_SIZE; i++) {
		char word[64], before[16] = "";

		if (!choice(command_kinds[i]))
			continue;
		describe(word, sizeof word, command_kinds[i], show);
		if (done > 0 && done + 1 == count && *last != '\0')
			(void)snprintf(before, sizeof before, " %s ", last);
		else if (done > 0)
			(void)snprintf(before, sizeof before, ", ");
		length += (size_t)snprintf(text + length, COMMAND_KIND_TEXT_SIZE - length, "%s%s",
					   before, word);
		done++;
	}
	return text;
}
