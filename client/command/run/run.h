/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant run: what it knows, and what each kind of thing does for it.
 */
#ifndef VMGRANT_CLIENT_COMMAND_RUN_RUN_H
#define VMGRANT_CLIENT_COMMAND_RUN_RUN_H

#include "client/command/common/prompt.h"
#include "client/command/kind/kind.h"
#include "client/command/qemu/launch.h"
#include "client/command/run/run-confine.h"
#include "client/library/vmgrant.h"
#include "client/text/text.h"

/* A QEMU that somebody else chose: vmgrant-qemu-ARCHITECTURE. Zeroed: the person names the program. */
struct run_program {
	char **words; /* of the program, with its name */
	const char *architecture;
};

struct run {
	struct run_program given;
	const char *helper; /* NULL: the installed one */
	int is_dry;
	int says_qemu; /* --qemu */
	enum prompt prompt;
	char **arguments; /* of the program, with its name */
	struct launch_qemu qemu;
	int adds_options;   /* 1: something is added to QEMU's command line */
	int example_fd;     /* the next one of a dry run */
	struct words words; /* the command line */
	size_t counts[COMMAND_KINDS]; /* how many were asked for */
	void *things[COMMAND_KINDS];  /* what each kind remembers of them */
	struct run_confine confine;   /* --confine */
};

/*
 * A kind's part. things is its memory of that size, which begins zeroed. Those that return
 * int return 0, or the exit status and have said why. All but add() and prepare() are called
 * only if something of that kind was asked for; NULL: there is nothing to do.
 */
struct run_kind {
	size_t size;
	int is_for_any_program; /* 0: for QEMU alone */

	/* text: what stands behind the option. */
	int (*add)(void *things, const char *text);
	/* The program is known. Called for every kind. */
	int (*prepare)(void *things, struct run *run);
	/* What keeps it from that machine of QEMU's: a phrase, NULL for nothing. */
	const char *(*misfit)(const struct qemu_machine *machine);
	/* Get all. A dry run gets fds from run->example_fd on. */
	int (*ask)(void *things, struct run *run, struct vmgrant_connection *connection);
	/* Add QEMU's options to run->words, which has run->arguments by now. */
	int (*launch)(void *things, struct run *run);
	/* Its files stay open through exec. */
	int (*keep)(void *things);
	/* Last before exec: processes that stay beside the program. */
	int (*serve)(void *things, struct run *run);
};

/* Of requests for devices: VMGRANT_DEVICE_QUERY of a dry run, or whether polkit may ask. */
unsigned run_device_flags(const struct run *run);

/* Let an fd stay open through exec. Returns 0 or -1. */
int run_keep_fd(int fd);

/* "(the default)" where the person named none. */
const char *run_machine_name(const struct qemu_machine *machine);

/*
 * vmgrant run with a program that does not stand behind its options: argv has the name of the
 * command and options alone.
 */
int run_for_program(int argc, char **argv, const struct run_program *given);

/* ---- run-qemu.c ---- */

/* From QEMU's name on: behind nice or taskset that is a later word; then only --qemu says so. */
char **run_find_qemu(const struct run *run);

/* What the program is, by its name and its arguments. */
void run_learn_program(struct run *run);

/* Whether the machine has room for what is asked for, and what the program understands. */
int run_learn_qemu(struct run *run);

#endif
