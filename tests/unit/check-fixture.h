/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A made-up machine for the checks of vmgrant check: a folder in the place of "/".
 */
#ifndef VMGRANT_TESTS_UNIT_CHECK_FIXTURE_H
#define VMGRANT_TESTS_UNIT_CHECK_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/command/check/check.h"

struct machine {
	char root[64];
	struct check check;
	struct probe probe; /* of the test's own, in no check until it is put there */
};

/* A script, in the machine's "/". */
static void run_shell(const struct machine *machine, const char *script)
{
	char *command = text_format("cd %s && %s", machine->root, script);

	assert_int_equal(system(command), 0);
	free(command);
}

/* check: all of it but the root. Returns 0, or -1 as a fixture's set-up does. */
static int begin_machine(void **state, struct check check)
{
	struct machine *machine = calloc(1, sizeof *machine);

	if (machine == NULL)
		return -1;
	(void)snprintf(machine->root, sizeof machine->root, "/tmp/vmgrant-check-XXXXXX");
	if (mkdtemp(machine->root) == NULL) {
		free(machine);
		return -1;
	}
	machine->check = check;
	machine->check.root = machine->root;
	*state = machine;
	return 0;
}

static int end(void **state)
{
	struct machine *machine = *state;

	/* They are the test's own. */
	machine->check.probes = NULL;
	machine->check.probe_count = 0;
	run_shell(machine, "rm -rf \"$PWD\"");
	check_release(&machine->check);
	free(machine);
	return 0;
}

#endif
