/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What the subcommands of vmgrant share. Each is one function in a file of its
 * name; main.c has the table.
 */
#ifndef VMGRANT_CLIENT_COMMAND_COMMON_COMMAND_H
#define VMGRANT_CLIENT_COMMAND_COMMON_COMMAND_H

#include <signal.h>

#include "client/library/vmgrant.h"

/* Each gets its own name as argv[0] and returns the exit status. */
int command_run(int argc, char **argv);
int command_list(int argc, char **argv);
int command_attach(int argc, char **argv);
int command_detach(int argc, char **argv);
int command_libvirt(int argc, char **argv);
int command_tap(int argc, char **argv);
int command_check(int argc, char **argv);
int command_setup(int argc, char **argv);
int command_allow(int argc, char **argv);
int command_deny(int argc, char **argv);
int command_check_acl(int argc, char **argv);
int command_explain(int argc, char **argv);
int command_log(int argc, char **argv);
int command_reattach(int argc, char **argv);
int command_bridge_helper(int argc, char **argv);
int command_complete(int argc, char **argv);

/* Exit statuses beside those of enum vmgrant_code. */
enum command_exit {
	COMMAND_DONE = VMGRANT_GRANTED,
	COMMAND_QMP = 100,     /* no usable connection to QEMU */
	COMMAND_REFUSED = 101, /* QEMU refused a command */
	COMMAND_LATE = 102,    /* QEMU or the guest did not answer in time */
	COMMAND_LEFT = 103,    /* what had been done could not be undone */
	COMMAND_FOUND = 104,   /* check found something wrong */
	COMMAND_CANNOT_EXECUTE = 126, /* as shells say it */
	COMMAND_NOT_FOUND = 127,
	COMMAND_SIGNAL = 128, /* and the number of the signal */
};

/*
 * --door WORD of a command: which door libvmgrant takes, from here on and in programs that
 * are started. Returns 0 or the exit status.
 */
int command_set_door(const char *word);

/*
 * Print one line, "vmgrant: " and the sentence, on standard error and return code,
 * so that a command ends with `return command_fail(...)`. Bytes that no terminal
 * should get become '?'.
 */
int command_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * The same for an option that getopt() answered with ':' or '?'. options: those that the
 * command has, to name the one that was probably meant.
 */
struct option;
int command_fail_unknown(const char *command, int answer, char **argv,
			 const struct option *options);

/*
 * Hold Ctrl-C and Ctrl-\ back, since at a question for a password they are an answer
 * to it: the agent and the helper end by them, and this program has to say so and to
 * leave the terminal as it was. *before is for command_end_request().
 */
void command_hold_interrupts(sigset_t *before);

/*
 * The end of a request that was made with interrupts held: they are released. What a
 * refused one comes to: code and sentence, or, if the person pressed Ctrl-C
 * while interrupts are held, that the question was dismissed. kind: "bridge"; of one that
 * is not there, the one that was probably meant is named.
 */
int command_end_request(const struct vmgrant_connection *connection, enum vmgrant_code code,
			const char *kind, const char *object, const sigset_t *before);

#endif
