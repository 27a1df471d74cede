/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant complete: what a shell may offer, for the files in completions/. Of the kinds of
 * things alone: the rest those files know.
 *
 *     vmgrant complete COMMAND               its options for things, each with what it is
 *     vmgrant complete COMMAND OPTION WORD   how WORD behind that option may go on
 */
#include <stdio.h>
#include <string.h>

#include "client/command/common/command.h"
#include "client/command/kind/kind.h"
#include "client/text/language.h"
#include "client/text/text.h"

static command_kind_choice *choice_of(const char *command)
{
	static const struct {
		const char *command;
		command_kind_choice *choice;
	} rows[] = {
		{ "run", command_kind_runs },
		{ "attach", command_kind_attaches },
		{ "check", command_kind_checks },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (strcmp(rows[i].command, command) == 0)
			return rows[i].choice;
	}
	return NULL;
}

/* Of explain the words of rules. */
static void print_options(const char *command)
{
	command_kind_choice *choice = choice_of(command);
	int is_explain = strcmp(command, "explain") == 0;

	for (int i = 0; i < COMMAND_KINDS; i++) {
		const struct command_kind *kind = command_kinds[i];

		if (is_explain)
			(void)printf("%s\t%s\n", kind->word, kind->summary);
		else if (choice != NULL && choice(kind))
			(void)printf("--%s\t%s\n", kind->option, kind->summary);
	}
}

/* Is one of the pieces before the last comma the one that takes all that comes? */
static int is_over(const struct command_kind *kind, const char *word)
{
	size_t length = kind->last_word == NULL ? 0 : strlen(kind->last_word);

	for (; length > 0 && word != NULL; word = strchr(word, ',')) {
		word += *word == ',';
		if (strncmp(word, kind->last_word, length) == 0)
			return 1;
	}
	return 0;
}

static void print_words(const struct command_kind *kind, const char *command, const char *word)
{
	const char *words = strcmp(command, "run") == 0 ? kind->run_words
			    : strcmp(command, "attach") == 0 ? kind->attach_words : NULL;
	int done = (int)(strrchr(word, ',') - word) + 1;

	if (words == NULL || is_over(kind, word))
		return;
	for (; *words != '\0'; words += strspn(words, " ")) {
		size_t length = strcspn(words, " ");

		(void)printf("%.*s%.*s\n", done, word, (int)length, words);
		words += length;
	}
}

static void print_objects(const struct command_kind *kind, const char *command)
{
	struct words objects = { 0 };

	kind->objects(&objects, command);
	for (size_t i = 0; i < objects.count; i++) {
		text_clean(objects.items[i]);
		(void)puts(objects.items[i]);
	}
	words_release(&objects);
}

int command_complete(int argc, char **argv)
{
	const char *command = argv[1];

	language_stay_english();
	if (argc != 2 && argc != 4)
		return command_fail(VMGRANT_USAGE, "complete: needs COMMAND, or COMMAND OPTION WORD");
	/* It takes the options of run. */
	if (strcmp(command, "libvirt") == 0)
		command = "run";
	if (argc == 2)
		print_options(command);
	for (int i = 0; argc == 4 && i < COMMAND_KINDS; i++) {
		const struct command_kind *kind = command_kinds[i];

		if (strncmp(argv[2], "--", 2) != 0 || strcmp(argv[2] + 2, kind->option) != 0)
			continue;
		if (strchr(argv[3], ',') == NULL)
			print_objects(kind, command);
		else
			print_words(kind, command, argv[3]);
	}
	return fflush(stdout) == 0 ? VMGRANT_GRANTED : VMGRANT_INTERNAL;
}
