/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/* The answer of another program. */
#include "client/command/machine/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire/process/child.h"
#include "wire/process/clock.h"

extern char **environ;

struct ends {
	int input, output; /* -1: none */
	int text;
};

static int spawn(pid_t *pid_out, char *const argv[], const struct ends *ends)
{
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);

	if (error != 0)
		return error;
	if (ends->input < 0)
		error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
	else
		error = posix_spawn_file_actions_adddup2(&actions, ends->input, 0);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(
			&actions, ends->output < 0 ? ends->text : ends->output, 1);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(&actions, ends->text, 2);
	if (error == 0)
		error = posix_spawnp(pid_out, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

/*
 * Wait until there is something to read. Returns 1, 0 when the child has ended and nothing of it
 * is left, although a daemon that it started may hold the pipe, or -1 when the time is over.
 */
static int wait_readable(int fd, const struct child *child, long long end_ms)
{
	struct pollfd ends[] = { { .fd = fd, .events = POLLIN },
				 { .fd = child->pidfd, .events = POLLIN } };
	long long left_ms = end_ms - clock_now_ms();

	if (left_ms <= 0 || poll(ends, 2, (int)left_ms) <= 0)
		return -1;
	/* It may have written between the look at the one and at the other. */
	if (ends[0].revents == 0 && poll(ends, 1, 0) <= 0)
		return 0;
	return 1;
}

/* Keeps what fits and reads the rest for nothing. Returns 0, or -1 when the time is over. */
static int read_text(int fd, const struct child *child, char *text, long long end_ms)
{
	size_t length = 0;

	text[0] = '\0';
	for (;;) {
		char piece[1024];
		const int is_readable = wait_readable(fd, child, end_ms);
		ssize_t got;

		if (is_readable <= 0)
			return is_readable;
		got = read(fd, piece, sizeof piece);
		if (got <= 0)
			return 0;
		if ((size_t)got > CAPTURE_SIZE - 1 - length)
			got = (ssize_t)(CAPTURE_SIZE - 1 - length);
		memcpy(text + length, piece, (size_t)got);
		length += (size_t)got;
		text[length] = '\0';
	}
}

static void wait_for_end(struct child *child, int is_late, long long end_ms,
			 struct capture *capture)
{
	long long left_ms = end_ms - clock_now_ms();
	siginfo_t info = { 0 };

	if (is_late || !child_wait(child, left_ms > 0 ? (int)left_ms : 0)) {
		is_late = 1;
		child_signal(child, SIGKILL);
	}
	capture->end = CAPTURE_KILLED;
	if (child_reap(child, &info) == 0 && info.si_code == CLD_EXITED)
		capture->end = CAPTURE_EXITED;
	capture->status = info.si_status;
	if (is_late)
		capture->end = CAPTURE_LATE;
}

void capture_run(char *const argv[], int timeout_ms, struct capture *capture)
{
	capture_run_between(argv, -1, -1, timeout_ms, capture);
}

void capture_run_between(char *const argv[], int input, int output, int timeout_ms,
			 struct capture *capture)
{
	long long end_ms = clock_now_ms() + timeout_ms;
	struct child child;
	int ends[2], error, is_late;
	pid_t pid;

	*capture = (struct capture){ .end = CAPTURE_FAILED };
	if (pipe2(ends, O_CLOEXEC) < 0) {
		capture->status = errno;
		return;
	}
	error = spawn(&pid, argv,
		      &(const struct ends){ .input = input, .output = output, .text = ends[1] });
	close(ends[1]);
	if (error != 0) {
		close(ends[0]);
		capture->end = error == ENOENT ? CAPTURE_NOT_FOUND : CAPTURE_FAILED;
		capture->status = error;
		return;
	}
	child_adopt(&child, pid);
	is_late = read_text(ends[0], &child, capture->text, end_ms) < 0;
	close(ends[0]);
	wait_for_end(&child, is_late, end_ms, capture);
}

char *capture_next_line(char **text)
{
	char *line = *text;
	size_t length = strcspn(line, "\n");

	if (*line == '\0')
		return NULL;
	*text = line + length + (line[length] == '\n');
	line[length] = '\0';
	return line;
}
