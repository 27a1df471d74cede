/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant-qemu-ARCHITECTURE: a QEMU to programs that start one by its path.
 *
 * libvirt asks the emulator of a domain what it can do before it starts the domain with it. Where
 * nothing is wanted, and where QEMU is only asked, it becomes QEMU with the very words that it got.
 */
#include "client/command/wrapper/wrapper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/command/common/command.h"
#include "client/command/qemu/qemu-line.h"
#include "client/command/run/run.h"
#include "client/command/wrapper/emulator.h"
#include "client/command/wrapper/wrapper-words.h"
#include "client/text/message.h"
#include "client/text/text.h"

int wrapper_is_name(const char *name)
{
	return emulator_architecture(name) != NULL;
}

/* "-version", "-device help", "-cpu ?": QEMU answers and ends. */
static int is_question(char *const arguments[])
{
	static const char *const words[] = { "-version", "-h", "-help", "help", "?" };

	for (; *arguments != NULL; arguments++) {
		const char *word = *arguments + (strncmp(*arguments, "--", 2) == 0);

		for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
			if (strcmp(word, words[i]) == 0)
				return 1;
		}
	}
	return 0;
}

/* What is wanted for a guest; a machine without anything is for questions alone. */
static int find_words(char *const arguments[], struct words *words)
{
	struct qemu_line line;

	qemu_line_read(arguments, &line);
	if (is_question(arguments) || strcmp(line.machine, "none") == 0)
		return VMGRANT_GRANTED;
	return wrapper_words_find(line.name, words);
}

static int become(char **program)
{
	int error;

	(void)execv(program[0], program);
	error = errno;
	return command_fail(error == ENOENT ? COMMAND_NOT_FOUND : COMMAND_CANNOT_EXECUTE,
			    _("%.256s: cannot be started: %s"), program[0], strerror(error));
}

/* What QEMU starts itself is not told again. */
static void clean_environment(void)
{
	(void)unsetenv("VMGRANT");
	(void)unsetenv("VMGRANT_FILE");
	(void)unsetenv("VMGRANT_QEMU");
}

static int start(const char *architecture, char **program, struct words *words)
{
	const struct run_program given = { .words = program, .architecture = architecture };

	clean_environment();
	/* The first one is the name of the command. */
	return words->count == 1 ? become(program)
				 : run_for_program((int)words->count, words->items, &given);
}

int wrapper_run(int argc, char **argv)
{
	struct words words = { 0 };
	const char *architecture = emulator_architecture(argv[0]);
	char *path = NULL;
	int code = emulator_find(argv[0], architecture, &path);

	(void)argc;
	words_add(&words, text_format("run"));
	if (code == VMGRANT_GRANTED)
		code = find_words(argv + 1, &words);
	if (code == VMGRANT_GRANTED) {
		argv[0] = path;
		code = start(architecture, argv, &words);
	}
	free(path);
	words_release(&words);
	return code;
}
