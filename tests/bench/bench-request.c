/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Time programs against each other, in turn, as an unprivileged user.
 *
 *   bench-request RUNS UID GID SUBJECT...
 *
 * SUBJECT  request:HELPER:BRIDGE[:N]  N drop-in requests, one after the other, each
 *                                     from fork to the received fd
 *          native:HELPER:BRIDGE:N     a native request for N queues, from fork to the reply
 *          second:HELPER:BRIDGE:N     the same on a connection that is open already
 *          command:WORD WORD ...      any command, from fork to its end; the word
 *                                     @pid stands for this process, which is the user's
 *
 * Runs every subject once a round, in another random order each round, so that what
 * else the machine does, and what the one before left in the caches and for the
 * kernel to clean up, hits all of them alike (in a fixed order, whoever came behind
 * the largest program paid for it: some 50 us); a warm-up round is not counted. Waits until what a
 * native request made is gone. Prints a JSON array with, for each subject, the
 * samples in microseconds and the peak memory in KiB (0 where no process ended).
 * Ends with 1 as soon as one fails.
 */
#include <grp.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "wire/process/fd-pass.h"
#include "wire/protocol/protocol.h"

#define RUNS_MAX 100000L
#define SUBJECTS_MAX 16
#define WORDS_MAX 16
#define HELPER_CLOSES_US 2000
#define REQUESTS_MAX 16u /* as many as queues */

struct sample {
	double microseconds;
	long peak_kib;
};

struct subject {
	int (*measure)(struct subject *subject, struct sample *sample);
	char *words[WORDS_MAX + 1]; /* of a request: helper, bridge, number */
	unsigned number;
	int channel;     /* of second: -1 as long as it is not open */
	uint32_t serial; /* of the last native request */
	struct sample *samples;
};

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void exec_request(const struct subject *subject, int channel)
{
	char use_vnet[] = "--use-vnet", fd[32], bridge[64];
	char *argv[] = { subject->words[0], use_vnet, fd, bridge, NULL };

	snprintf(fd, sizeof fd, "--fd=%d", channel);
	snprintf(bridge, sizeof bridge, "--br=%s", subject->words[1]);
	execv(argv[0], argv);
	_exit(127);
}

static void exec_native(const struct subject *subject, int channel)
{
	char fd[32];
	char *argv[] = { subject->words[0], fd, NULL };

	snprintf(fd, sizeof fd, "--fd=%d", channel);
	execv(argv[0], argv);
	_exit(127);
}

/* One byte with one fd, or -1. */
static int receive_fd(int channel)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	char byte;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof control };
	int fd;

	if (recvmsg(channel, &message, MSG_CMSG_CLOEXEC) != 1 || CMSG_FIRSTHDR(&message) == NULL)
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
	return fd;
}

/* One drop-in request. Returns the TAP's fd or -1. */
static int request_once(const struct subject *subject, struct sample *sample)
{
	struct rusage usage;
	int ends[2], tap, status;
	double start;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		return -1;
	start = now_us();
	child = fork();
	if (child == 0)
		exec_request(subject, ends[1]);
	close(ends[1]);
	tap = receive_fd(ends[0]);
	sample->microseconds += now_us() - start;
	close(ends[0]);
	if (wait4(child, &status, 0, &usage) != child || status != 0)
		return -1;
	sample->peak_kib = usage.ru_maxrss;
	return tap;
}

static int measure_request(struct subject *subject, struct sample *sample)
{
	int taps[REQUESTS_MAX];

	*sample = (struct sample){ 0 };
	for (unsigned i = 0; i < subject->number; i++) {
		taps[i] = request_once(subject, sample);
		if (taps[i] < 0)
			return -1;
	}
	for (unsigned i = 0; i < subject->number; i++)
		close(taps[i]);
	return 0;
}

/* Send a request and close what came. name_out: the interface that goes then. */
static int ask(struct subject *subject, int channel, double *end_us, char *name_out)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(FD_PASS_MAX * sizeof(int))];
	struct protocol_request request = {
		.header = { PROTOCOL_VERSION, PROTOCOL_TAP, ++subject->serial },
		.tap = { .flags = PROTOCOL_TAP_VNET_HEADER, .queues = (uint16_t)subject->number },
	};
	uint8_t bytes[PROTOCOL_REPLY_SIZE];
	struct iovec part = { bytes, sizeof bytes };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof control };
	struct protocol_reply reply;
	int fds[FD_PASS_MAX];
	ssize_t length;

	snprintf(request.tap.bridge, sizeof request.tap.bridge, "%s", subject->words[1]);
	length = (ssize_t)protocol_encode_request(&request, bytes, sizeof bytes);
	if (send(channel, bytes, (size_t)length, 0) != length)
		return -1;
	length = recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
	*end_us = now_us();
	if (length < 0 || protocol_decode_reply(bytes, (size_t)length, &reply) != PROTOCOL_OK ||
	    reply.code != REPLY_GRANTED || reply.queues != subject->number)
		return -1;
	memcpy(fds, CMSG_DATA(CMSG_FIRSTHDR(&message)), reply.queues * sizeof(int));
	/* Who closes last waits until the interface is gone: not the helper, the next one waits for it. */
	usleep(HELPER_CLOSES_US);
	for (unsigned i = 0; i < reply.queues; i++)
		close(fds[i]);
	memcpy(name_out, reply.port, IF_NAMESIZE);
	return 0;
}

/* The kernel clears a namespace away in the background. */
static void wait_gone(const char *name)
{
	while (if_nametoindex(name) != 0)
		usleep(500);
}

/* Start the helper. Returns our end, or -1. */
static int connect_helper(const struct subject *subject, pid_t *child_out)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) < 0)
		return -1;
	*child_out = fork();
	if (*child_out == 0) {
		close(ends[0]);
		exec_native(subject, ends[1]);
	}
	close(ends[1]);
	return ends[0];
}

static int measure_native(struct subject *subject, struct sample *sample)
{
	double start = now_us(), end;
	struct rusage usage;
	char name[IF_NAMESIZE];
	int status, result;
	pid_t child;
	int channel = connect_helper(subject, &child);

	result = channel < 0 ? -1 : ask(subject, channel, &end, name);
	close(channel);
	if (result < 0 || wait4(child, &status, 0, &usage) != child || status != 0)
		return -1;
	*sample = (struct sample){ end - start, usage.ru_maxrss };
	wait_gone(name);
	return 0;
}

/* The helper ends with this process. */
static int measure_second(struct subject *subject, struct sample *sample)
{
	double start, end;
	char name[IF_NAMESIZE];
	pid_t child;

	if (subject->channel < 0) {
		subject->channel = connect_helper(subject, &child);
		if (subject->channel < 0 || ask(subject, subject->channel, &end, name) < 0)
			return -1;
		wait_gone(name);
	}
	start = now_us();
	if (ask(subject, subject->channel, &end, name) < 0)
		return -1;
	*sample = (struct sample){ end - start, 0 };
	wait_gone(name);
	return 0;
}

static int measure_command(struct subject *subject, struct sample *sample)
{
	struct rusage usage;
	int status;
	double start = now_us();
	pid_t child = fork();

	if (child == 0) {
		/* What it prints is not ours. */
		if (freopen("/dev/null", "w", stdout) == NULL)
			_exit(127);
		execv(subject->words[0], subject->words);
		_exit(127);
	}
	if (wait4(child, &status, 0, &usage) != child || status != 0)
		return -1;
	sample->microseconds = now_us() - start;
	sample->peak_kib = usage.ru_maxrss;
	return 0;
}

static void split(char *text, const char *separator, char **words)
{
	size_t count = 0;

	for (char *word = strtok(text, separator); word != NULL && count < WORDS_MAX;
	     word = strtok(NULL, separator)) {
		char own_pid[16];

		snprintf(own_pid, sizeof own_pid, "%ld", (long)getpid());
		words[count] = strdup(strcmp(word, "@pid") == 0 ? own_pid : word);
		if (words[count++] == NULL)
			exit(2);
	}
}

static void parse_subject(struct subject *subject, char *text, long runs)
{
	static const struct {
		const char *name, *separator;
		int (*measure)(struct subject *subject, struct sample *sample);
	} kinds[] = { { "request:", ":", measure_request }, { "native:", ":", measure_native },
		      { "second:", ":", measure_second },   { "command:", " ", measure_command } };

	*subject = (struct subject){ .channel = -1, .number = 1 };
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		size_t length = strlen(kinds[i].name);

		if (strncmp(text, kinds[i].name, length) != 0)
			continue;
		subject->measure = kinds[i].measure;
		split(text + length, kinds[i].separator, subject->words);
		break;
	}
	subject->samples = calloc((size_t)runs, sizeof *subject->samples);
	if (subject->samples == NULL || subject->measure == NULL || subject->words[0] == NULL)
		exit(2);
	if (subject->measure != measure_command && subject->words[1] != NULL &&
	    subject->words[2] != NULL)
		subject->number = (unsigned)atoi(subject->words[2]);
	if (subject->number < 1 || subject->number > REQUESTS_MAX)
		exit(2);
}

static int become(const char *uid_text, const char *gid_text)
{
	gid_t gid = (gid_t)strtoul(gid_text, NULL, 10);
	uid_t uid = (uid_t)strtoul(uid_text, NULL, 10);

	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0)
		return -1;
	return setresuid(uid, uid, uid);
}

static void print_samples(const struct subject *subject, long runs)
{
	printf("{\"us\": [");
	for (long run = 0; run < runs; run++)
		printf("%s%.1f", run == 0 ? "" : ", ", subject->samples[run].microseconds);
	printf("], \"kib\": [");
	for (long run = 0; run < runs; run++)
		printf("%s%ld", run == 0 ? "" : ", ", subject->samples[run].peak_kib);
	printf("]}");
}

/* Fisher and Yates. The order of one run is that of every run. */
static void shuffle(int *order, int count)
{
	for (int i = count - 1; i > 0; i--) {
		int other = rand() % (i + 1), kept = order[i];

		order[i] = order[other];
		order[other] = kept;
	}
}

/* Each subject once. run: -1 for the round that is not counted. */
static int measure_round(struct subject *subjects, int *order, int count, long run)
{
	shuffle(order, count);
	for (int i = 0; i < count; i++) {
		struct subject *subject = &subjects[order[i]];

		if (subject->measure(subject, &subject->samples[run < 0 ? 0 : run]) == 0)
			continue;
		fprintf(stderr, "bench-request: %s failed\n", subject->words[0]);
		return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int order[SUBJECTS_MAX];
	struct subject subjects[SUBJECTS_MAX];
	long runs = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
	int count = argc - 4;

	if (runs < 1 || runs > RUNS_MAX || count < 1 || count > SUBJECTS_MAX) {
		fputs("usage: bench-request RUNS UID GID SUBJECT...\n", stderr);
		return 2;
	}
	if (become(argv[2], argv[3]) < 0) {
		perror("bench-request: become the user");
		return 2;
	}
	for (int i = 0; i < count; i++) {
		parse_subject(&subjects[i], argv[4 + i], runs);
		order[i] = i;
	}
	for (long run = -1; run < runs; run++) {
		if (measure_round(subjects, order, count, run) < 0)
			return 1;
	}
	for (int i = 0; i < count; i++) {
		fputs(i == 0 ? "[" : ",\n", stdout);
		print_samples(&subjects[i], runs);
	}
	puts("]");
	return 0;
}
