/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Process 1 of the namespaces of a program that is shut in, and the program.
 */
#ifndef VMGRANT_CLIENT_CONFINE_INSIDE_H
#define VMGRANT_CLIENT_CONFINE_INSIDE_H

#include <signal.h>

#include "client/confine/confine.h"

/* Exit status where something is not to be had: VMGRANT_UNSUPPORTED. */
#define INSIDE_FAILED 14

struct inside {
	const struct confine *confine;
	const char *program; /* its file */
	char **argv;
	int has_namespaces;
	int report_fd;	  /* a byte comes when the ids are mapped; the wait status goes */
	sigset_t signals; /* all of them, which are blocked */
	sigset_t before;  /* what the program starts with */
};

/* Does not return. */
_Noreturn void inside_become(const struct inside *inside);

#endif
