/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Time programs against each other, in turn, as an unprivileged user.
 *
 *   bench-request RUNS UID GID SUBJECT...
 *
 * SUBJECT  request:HELPER:BRIDGE   a drop-in request, from fork to the received fd
 *          command:WORD WORD ...   any command, from fork to its end; the word
 *                                  @pid stands for this process, which is the user's
 *
 * Runs every subject once a round, beginning with another one each round, so that
 * what else the machine does, and what the one before left for the kernel to
 * clean up, hits all of them alike; a warm-up round is not counted. Prints a JSON array with, for
 * each subject, the samples in microseconds and the peak memory in KiB. Ends
 * with 1 as soon as one fails.
 */
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RUNS_MAX 100000L
#define SUBJECTS_MAX 16
#define WORDS_MAX 16

struct sample {
	double microseconds;
	long peak_kib;
};

struct subject {
	int is_request;
	char *words[WORDS_MAX + 1]; /* of a request: helper and bridge */
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

static int measure_request(const struct subject *subject, struct sample *sample)
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
	sample->microseconds = now_us() - start;
	if (wait4(child, &status, 0, &usage) != child || tap < 0 || status != 0)
		return -1;
	sample->peak_kib = usage.ru_maxrss;
	close(tap);
	close(ends[0]);
	return 0;
}

static int measure_command(const struct subject *subject, struct sample *sample)
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

static int measure(const struct subject *subject, struct sample *sample)
{
	return subject->is_request ? measure_request(subject, sample)
				   : measure_command(subject, sample);
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
	memset(subject, 0, sizeof *subject);
	subject->is_request = strncmp(text, "request:", 8) == 0;
	split(strchr(text, ':') + 1, subject->is_request ? ":" : " ", subject->words);
	subject->samples = calloc((size_t)runs, sizeof *subject->samples);
	if (subject->samples == NULL || subject->words[0] == NULL)
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

int main(int argc, char **argv)
{
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
		if (strchr(argv[4 + i], ':') == NULL)
			return 2;
		parse_subject(&subjects[i], argv[4 + i], runs);
	}
	for (long run = -1; run < runs; run++) {
		for (int i = 0; i < count; i++) {
			struct subject *subject = &subjects[(i + run + count) % count];

			if (measure(subject, &subject->samples[run < 0 ? 0 : run]) == 0)
				continue;
			fprintf(stderr, "bench-request: %s failed\n", subject->words[0]);
			return 1;
		}
	}
	for (int i = 0; i < count; i++) {
		fputs(i == 0 ? "[" : ",\n", stdout);
		print_samples(&subjects[i], runs);
	}
	puts("]");
	return 0;
}
