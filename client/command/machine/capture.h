/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The answer of another program, within a limit of time.
 */
#ifndef VMGRANT_CLIENT_COMMAND_MACHINE_CAPTURE_H
#define VMGRANT_CLIENT_COMMAND_MACHINE_CAPTURE_H

#include <stddef.h>

#define CAPTURE_SIZE 65536u

enum capture_end {
	CAPTURE_EXITED = 1,
	CAPTURE_KILLED,    /* by a signal */
	CAPTURE_LATE,      /* it took too long and was killed */
	CAPTURE_NOT_FOUND, /* there is no such program */
	CAPTURE_FAILED,    /* it cannot be started */
};

struct capture {
	enum capture_end end;
	int status;              /* exit status, signal, or with CAPTURE_FAILED errno */
	char text[CAPTURE_SIZE]; /* the beginning of what it wrote to output and error output */
};

/*
 * Run argv[0], looked for in PATH, with standard input on /dev/null, and wait for its end: not for
 * that of what it has started, such as a daemon that keeps its output.
 */
void capture_run(char *const argv[], int timeout_ms, struct capture *capture);

/*
 * The same with more text than a capture has room for. Both are borrowed.
 *
 * input   its standard input, from where it stands; -1: /dev/null
 * output  its standard output, and only error output is in the capture; -1: both are
 */
void capture_run_between(char *const argv[], int input, int output, int timeout_ms,
			 struct capture *capture);

/* Cut off the first line of text; returns it, or NULL when nothing is left. */
char *capture_next_line(char **text);

#endif
