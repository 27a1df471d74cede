/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * A child process: told apart from every other child, and waited
 * for without a signal handler.
 */
#ifndef VMGRANT_WIRE_PROCESS_CHILD_H
#define VMGRANT_WIRE_PROCESS_CHILD_H

#include <signal.h>
#include <sys/types.h>

struct child {
	pid_t pid; /* 0: none */
	int pidfd; /* names the child even when somebody else has reaped it; -1: none could be had */
};

/* Take charge of a process that was just started. */
void child_adopt(struct child *child, pid_t pid);

/* Wait until the child has ended, whoever reaps it. Returns 1, or 0 when the time is over. */
int child_wait(const struct child *child, int timeout_ms);

void child_signal(const struct child *child, int number);

/* Wait without limit and reap it. Returns 0, or -1 if somebody else has reaped it. */
int child_reap(struct child *child, siginfo_t *info);

/* End a child of this number at once, and reap it. 0 or less: there is none. */
void child_kill(pid_t pid);

/* Close *fd if it is one, and make it -1. */
void child_close_fd(int *fd);

/*
 * Move *fd above last, so that laying files over 0 to last in a child cannot hit
 * it: a program that has closed some of fds 0 to 2 gets its next files there.
 * Returns 0 or -errno.
 */
int child_lift_fd(int *fd, int last);

#endif
