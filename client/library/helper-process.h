/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * One vmgrant-helper, as a child process or as the service's: how it starts and how it
 * ended.
 *
 * No signal handler, mask or disposition is touched and no other child is waited
 * for. Every fd that is made here is close-on-exec from its first moment, so that
 * a program that another thread starts meanwhile inherits none.
 */
#ifndef VMGRANT_CLIENT_LIBRARY_HELPER_PROCESS_H
#define VMGRANT_CLIENT_LIBRARY_HELPER_PROCESS_H

#include <stddef.h>
#include <sys/types.h>

#include "wire/process/child.h"

struct helper_process {
	pid_t owner;   /* who started it; a copy of us by fork() has nothing to say here */
	struct child child; /* pid 0: the service's, no child of ours */
	int socket_fd; /* our end of the connection */
	int stderr_fd; /* what the helper says; does not block */
};

/* How a helper ended. */
enum helper_end {
	HELPER_EXITED = 1,
	HELPER_KILLED,  /* by a signal */
	HELPER_UNKNOWN, /* somebody else has reaped it */
	HELPER_HUNG_UP, /* the service's: only systemd knows */
};

#define HELPER_LAST_WORDS_SIZE 1024

struct helper_obituary {
	enum helper_end end;
	int number; /* exit status, or number of the signal */
	char last_words[HELPER_LAST_WORDS_SIZE]; /* raw, ended by NUL */
};

void helper_process_init(struct helper_process *process);

int helper_process_runs(const struct helper_process *process);

/*
 * Start path with a socket of its own. *process must not hold a running one.
 * Returns 0 or -errno: what socketpair(), pipe() or posix_spawn() say.
 */
int helper_process_start(struct helper_process *process, const char *path);

/* The same by the service's socket. Returns 0 or -errno: what connect() says. */
int helper_process_connect(struct helper_process *process);

/*
 * Hang up and wait for the helper to end; it is killed if it does not end by
 * itself, unless it is the service's. obituary may be NULL. In a copy of the process that started the helper
 * only the fds are closed. No effect when none runs.
 */
void helper_process_end(struct helper_process *process, struct helper_obituary *obituary);

#endif
