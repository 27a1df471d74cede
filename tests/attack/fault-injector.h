/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * What the files of tests/attack/fault-injector.c share: a command, what came of it, and the
 * helper under way.
 */
#ifndef VMGRANT_TESTS_ATTACK_FAULT_INJECTOR_H
#define VMGRANT_TESTS_ATTACK_FAULT_INJECTOR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TASKS_MAX 32
#define CALLS_MAX 8192
#define GROUPS_MAX 16
#define SAID_MAX 4096

enum action { ACTION_NONE, ACTION_FAIL, ACTION_KILL, ACTION_STOP };

struct command {
	uint32_t action;
	uint32_t task;   /* in the order in which they came: 0 is the helper */
	uint32_t number; /* of the call in that task, from 0 */
	int32_t error;
	uint32_t channel_type;
	uint32_t answers_ioctl; /* every ioctl succeeds without being done */
	uint32_t memlock_bytes; /* 0, or the limit of the process that makes the socketpair */
	uint32_t wants_calls;
};

struct report {
	int32_t status; /* of waitpid() */
	uint32_t is_fired;
	uint32_t system_call; /* what it happened to */
	uint32_t tasks;
	uint32_t is_hanging;
	int32_t peer; /* pid of the process that made the socketpair */
	uint32_t said_length;
	uint32_t zero;          /* what follows is aligned */
	uint64_t memlock_bytes; /* the peer's at the end */
	uint64_t effective;     /* capabilities of the helper where it writes to stderr or leaves */
	char said[SAID_MAX];
};

struct call {
	uint16_t task;
	uint16_t system_call;
};

struct user {
	uid_t uid;
	gid_t gid;
	gid_t groups[GROUPS_MAX];
	size_t group_count;
};

struct setup {
	struct user user;
	int is_service; /* 1: the program gives itself the account's ids, and is no setuid one */
	int fd;
	char *const *argv;
	_Atomic int *listener_of_child;
};

struct run {
	struct command command;
	int listener;
	int is_started; /* the helper's loader is done */
	pid_t tids[TASKS_MAX];
	uint32_t counts[TASKS_MAX];
	uint32_t tasks;
	struct call calls[CALLS_MAX];
	uint32_t call_count;
	struct report report;
};

/* End with a message if something is not so. */
void need(int condition, const char *what);

/* Look at each call, until nobody is left who has the filter: fault-calls.c. */
void serve_calls(struct run *run);

/* Hand descriptors over: fault-peer.c. */
void pass_fds(int channel, const int *fds, size_t count);

/* The socketpair, as somebody else's process makes it, and stays until it is ended. */
struct peer {
	pid_t pid;
	int leash;
	int near, far; /* the client's end, the helper's */
};

struct peer start_peer(const struct user *user, const struct command *command);

/* Returns what its limit on locked memory has become. */
uint64_t end_peer(const struct peer *peer);

#endif
