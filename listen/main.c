/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * vmgrant-listen: start a helper for each connection to the service's socket.
 *
 *   vmgrant-listen IDLE-SECONDS LIFE-SECONDS PROGRAM [ARGUMENT...]
 *
 * Runs as the account, in vmgrant.service's sandbox, with the capabilities that the helpers are to
 * have, of which none is effective. It reads nothing that a client sent: it accepts, asks the kernel whose
 * connection that is, and executes. systemd would build its sandbox for each connection, which
 * takes several times as long as the request (doc/benchmarks.md), and knows no users.
 *
 * Rules: the program finds its connection where systemd would have put it, and no other
 * descriptor. Of one user's helpers NEW_PER_USER are new at a time, those that have ended already
 * among them, and the next connections wait: one who asks without a pause slows others little, and
 * leaves few records. More than PER_USER are closed, and more than ALL. A person's subordinate uids
 * are that person (subuids.h). A helper that is older than LIFE-SECONDS is ended. With no connection
 * for IDLE-SECONDS this process ends: systemd keeps the socket, and starts it again. So it does at
 * SIGTERM, when what it has accepted is started: an upgrade drops no connection, and helpers go on.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "listen/capabilities.h"
#include "listen/subuids.h"
#include "wire/process/clock.h"
#include "wire/process/door.h"

/* The helper says no to fewer: a closed connection says nothing. */
#define PER_USER 64
#define ALL 512
/* Most of what a connection costs is over then, or the helper has something to wait for. */
#define NEW_PER_USER 2
#define NEW_MS 100
#define PAUSE_NS 100000000L

enum helper_state {
	WAITS, /* to be started */
	RUNS,
	ENDED, /* and still new */
};

struct helper {
	enum helper_state state;
	int connection; /* while it waits; else closed */
	pid_t pid;      /* while it runs */
	uid_t user;     /* the owner of a subordinate uid */
	long long begin_ms; /* of the process */
};

struct listener {
	char **program;
	int idle_ms, life_ms;
	int signals; /* a signalfd for SIGCHLD and SIGTERM */
	int is_ending;
	struct subuids subuids;
	size_t count;
	struct helper helpers[ALL]; /* as they came */
};

static int fail(const char *what)
{
	fprintf(stderr, "vmgrant-listen: %s: %s\n", what, strerror(errno));
	return 1;
}

/* ---- the helpers ---- */

static int count_of(const struct listener *listener, uid_t user)
{
	int count = 0;

	for (size_t i = 0; i < listener->count; i++)
		count += listener->helpers[i].user == user && listener->helpers[i].state != ENDED;
	return count;
}

/* 0 or less: it is not new, or not there yet. */
static long long new_for_ms(const struct helper *helper, long long now_ms)
{
	return helper->state != WAITS ? helper->begin_ms + NEW_MS - now_ms : 0;
}

static int count_new(const struct listener *listener, uid_t user, long long now_ms)
{
	int count = 0;

	for (size_t i = 0; i < listener->count; i++)
		count += listener->helpers[i].user == user &&
			 new_for_ms(&listener->helpers[i], now_ms) > 0;
	return count;
}

static void forget(struct listener *listener, size_t index)
{
	listener->count--;
	memmove(&listener->helpers[index], &listener->helpers[index + 1],
		(listener->count - index) * sizeof *listener->helpers);
}

static void end_helper(struct listener *listener, pid_t pid)
{
	for (size_t i = 0; i < listener->count; i++)
		if (listener->helpers[i].state == RUNS && listener->helpers[i].pid == pid)
			listener->helpers[i].state = ENDED;
}

static void forget_ended(struct listener *listener, long long now_ms)
{
	size_t i = 0;

	while (i < listener->count)
		if (listener->helpers[i].state == ENDED &&
		    new_for_ms(&listener->helpers[i], now_ms) <= 0)
			forget(listener, i);
		else
			i++;
}

static void take_signals(struct listener *listener)
{
	struct signalfd_siginfo told;
	pid_t pid;

	/* One signal may stand for several children. */
	while (read(listener->signals, &told, sizeof told) > 0)
		listener->is_ending |= told.ssi_signo == SIGTERM;
	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		end_helper(listener, pid);
}

static int has_waiting(const struct listener *listener)
{
	for (size_t i = 0; i < listener->count; i++)
		if (listener->helpers[i].state == WAITS)
			return 1;
	return 0;
}

/* In the child. */
static void be_helper(const struct listener *listener, int connection)
{
	sigset_t none;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	/* The listening socket goes, and the copy is not closed by execve(). */
	if (dup2(connection, DOOR_SERVICE_FD) >= 0)
		execv(listener->program[0], listener->program);
	_exit(fail(listener->program[0]));
}

/* Those whose turn it is. */
static void start_helpers(struct listener *listener, long long now_ms)
{
	size_t i = 0;

	while (i < listener->count) {
		struct helper *helper = &listener->helpers[i++];

		if (helper->state != WAITS ||
		    count_new(listener, helper->user, now_ms) >= NEW_PER_USER)
			continue;
		helper->state = RUNS;
		helper->pid = fork();
		if (helper->pid == 0)
			be_helper(listener, helper->connection);
		close(helper->connection);
		helper->begin_ms = now_ms;
		if (helper->pid < 0) {
			(void)fail("fork");
			forget(listener, --i);
		}
	}
}

/*
 * Those that are too old are ended; how long until another one is, or until one has its turn: by the
 * time at which those were started whose turn it was, or one could be missed.
 */
static int wait_ms(const struct listener *listener, long long now_ms)
{
	long long left_ms = listener->count > 0 ? listener->life_ms : listener->idle_ms;

	for (size_t i = 0; i < listener->count; i++) {
		const struct helper *helper = &listener->helpers[i];
		const long long new_ms = new_for_ms(helper, now_ms);
		const long long more_ms =
			new_ms > 0 ? new_ms : helper->begin_ms + listener->life_ms - now_ms;

		if (helper->state == WAITS)
			continue;
		if (helper->state == RUNS && more_ms <= 0)
			kill(helper->pid, SIGKILL);
		else if (more_ms < left_ms)
			left_ms = more_ms;
	}
	return (int)left_ms + 1;
}

/* ---- a connection ---- */

/* 0, or -1: it is one too many. */
static int keep(struct listener *listener, int connection)
{
	struct ucred client = { .pid = 0 };
	socklen_t length = sizeof client;
	uid_t user;

	if (listener->count >= ALL ||
	    getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &client, &length) < 0)
		return -1;
	subuids_refresh(&listener->subuids);
	user = subuids_owner(&listener->subuids, client.uid);
	if (count_of(listener, user) >= PER_USER)
		return -1;
	listener->helpers[listener->count++] =
		(struct helper){ .connection = connection, .user = user };
	return 0;
}

static void take_connection(struct listener *listener)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	int connection = accept4(DOOR_SERVICE_FD, NULL, NULL, SOCK_CLOEXEC);

	if (connection >= 0) {
		if (keep(listener, connection) < 0)
			close(connection);
	} else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		/* The next one finds the same: not as fast as it goes. */
		(void)fail("accept");
		(void)nanosleep(&pause, NULL);
	}
}

static int listen_on(struct listener *listener)
{
	struct pollfd waited[] = {
		{ .fd = listener->signals, .events = POLLIN },
		{ .fd = DOOR_SERVICE_FD, .events = POLLIN },
	};

	for (;;) {
		const long long now_ms = clock_now_ms();
		int result;

		forget_ended(listener, now_ms);
		start_helpers(listener, now_ms);
		if (listener->is_ending && !has_waiting(listener))
			return 0;
		result = poll(waited, listener->is_ending ? 1 : 2, wait_ms(listener, now_ms));
		if (result < 0 && errno != EINTR)
			return fail("poll");
		if (result == 0 && listener->count == 0)
			return 0;
		if (listener->is_ending)
			waited[1].revents = 0;
		if (result > 0 && (waited[1].revents & ~POLLIN) != 0)
			return fail("the socket is of no use any more");
		if (result > 0 && waited[0].revents != 0)
			take_signals(listener);
		if (result > 0 && (waited[1].revents & POLLIN) != 0)
			take_connection(listener);
	}
}

/* ---- the start ---- */

/* From 1 to a day, in milliseconds; 0: no such number. */
static int parse_seconds(const char *text)
{
	char *rest;
	const long seconds = strtol(text, &rest, 10);

	return *text != '\0' && *rest == '\0' && seconds > 0 && seconds <= 86400
		       ? (int)seconds * 1000
		       : 0;
}

static int is_listening(int fd)
{
	int listening = 0;
	socklen_t length = sizeof listening;

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) == 0 && listening;
}

int main(int argc, char **argv)
{
	struct listener listener = { .signals = -1 };
	sigset_t heard;

	if (argc >= 4) {
		listener.idle_ms = parse_seconds(argv[1]);
		listener.life_ms = parse_seconds(argv[2]);
		listener.program = argv + 3;
	}
	if (listener.idle_ms == 0 || listener.life_ms == 0 || !is_listening(DOOR_SERVICE_FD)) {
		fputs("usage: vmgrant-listen IDLE-SECONDS LIFE-SECONDS PROGRAM [ARGUMENT...]\n"
		      "Started by vmgrant.service, with a listening socket as descriptor 3.\n",
		      stderr);
		return 2;
	}
	/* What runs as the same account looks into no memory of this. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || capabilities_use_none() < 0)
		return fail("capabilities");
	if (subuids_init(&listener.subuids) < 0)
		return fail("memory");
	sigemptyset(&heard);
	sigaddset(&heard, SIGCHLD);
	sigaddset(&heard, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &heard, NULL) < 0)
		return fail("signals");
	listener.signals = signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK);
	return listener.signals < 0 ? fail("signals") : listen_on(&listener);
}
