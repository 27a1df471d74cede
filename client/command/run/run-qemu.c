/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* What vmgrant run finds out about the QEMU that it is going to be. */
#include <stdio.h>
#include <string.h>

#include "client/command/common/command.h"
#include "client/command/qemu/qemu-program.h"
#include "client/command/run/run.h"
#include "client/text/message.h"

char **run_find_qemu(const struct run *run)
{
	if (!run->says_qemu || run->given.words != NULL)
		return run->arguments;
	for (char **word = run->arguments; *word != NULL; word++) {
		if (**word != '-' && qemu_program_is_qemu(*word))
			return word;
	}
	return run->arguments;
}

static void find_architecture(const struct run *run, const char *program, char *out, unsigned size)
{
	if (run->given.architecture != NULL)
		(void)snprintf(out, size, "%s", run->given.architecture);
	else
		qemu_program_architecture(program, out, size);
}

void run_learn_program(struct run *run)
{
	char architecture[32], **program = run_find_qemu(run);

	run->qemu.is_qemu =
		run->says_qemu || run->given.words != NULL || qemu_program_is_qemu(*program);
	if (!run->qemu.is_qemu)
		return;
	find_architecture(run, *program, architecture, sizeof architecture);
	qemu_line_read(program + 1, &run->qemu.line);
	run->qemu.machine = qemu_machine_find(architecture, run->qemu.line.machine,
					      run->qemu.line.pci);
}

static void say_unread(const struct run *run)
{
	const struct qemu_line *line = &run->qemu.line;

	if (line->unread != NULL)
		(void)command_fail(0,
				   _("-readconfig %.256s: cannot be read: %s: what fits machine "
				     "%s is taken: model= and bus= say it otherwise"),
				   line->unread, strerror(line->unread_error),
				   line->machine[0] == '\0' ? _("(the default)") : line->machine);
}

static int check_machine(const struct run *run)
{
	for (int i = 0; i < COMMAND_KINDS; i++) {
		const struct command_kind *kind = command_kinds[i];
		const char *why = run->counts[i] > 0 && kind->run->misfit != NULL
					  ? kind->run->misfit(&run->qemu.machine) : NULL;

		if (why != NULL)
			return command_fail(VMGRANT_USAGE, _("--%s: machine %s: %s"), kind->option,
					    run_machine_name(&run->qemu.machine), why);
	}
	return VMGRANT_GRANTED;
}

int run_learn_qemu(struct run *run)
{
	if (!run->qemu.is_qemu || !run->adds_options)
		return VMGRANT_GRANTED;
	if (check_machine(run) != VMGRANT_GRANTED)
		return VMGRANT_USAGE;
	say_unread(run);
	run->qemu.version = qemu_program_version(*run_find_qemu(run));
	return VMGRANT_GRANTED;
}
