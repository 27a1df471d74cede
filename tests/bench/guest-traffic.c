/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * The traffic of a guest, on the word of its host: tests/bench/bench-guest.py.
 *
 *   guest-traffic ADDRESS
 *
 * Connects to port 9000 of the host and works off a line after the other, each
 * answered by a line with a number:
 *
 *   send BYTES MS   datagrams of so much payload to port 9 for a while: packets a second
 *   count MS        datagrams that come to port 9 for a while: packets a second
 *   trip COUNT      datagrams to port 7 and back, one after the other: median in us
 *   write MS        a TCP stream to port 9001 for a while: Mbit/s
 *   read MS         the same from port 9002
 *
 * Ends with the connection. Linked statically: the guest has nothing else.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONTROL 9000
#define DISCARD 9
#define ECHO 7
#define STREAM_IN 9001
#define STREAM_OUT 9002
#define PATIENCE_S 5
#define TRIPS_MAX 10000L
#define PAYLOAD_MAX 1472L
#define STREAM_BLOCK (128u * 1024)

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void need(int good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

/* patience_s 0: for ever */
static int open_to(const char *host, int kind, unsigned short port, time_t patience_s)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	const struct timeval patience = { .tv_sec = patience_s };
	int fd = socket(AF_INET, kind, 0);

	need(inet_pton(AF_INET, host, &address.sin_addr) == 1, "address");
	need(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0, "connect");
	need(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0, "timeout");
	return fd;
}

static double send_datagrams(const char *host, long bytes, long ms)
{
	static const char payload[PAYLOAD_MAX];
	int fd = open_to(host, SOCK_DGRAM, DISCARD, PATIENCE_S);
	double begin = now_us(), end = begin + (double)ms * 1e3;
	long count = 0;

	need(bytes > 0 && bytes <= PAYLOAD_MAX, "size");
	while (now_us() < end)
		count += send(fd, payload, (size_t)bytes, 0) == bytes;
	end = now_us();
	close(fd);
	return (double)count * 1e6 / (end - begin);
}

/* The host sends for longer than this counts. */
static double count_datagrams(long ms)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(DISCARD) };
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	char payload[PAYLOAD_MAX];
	double begin, end;
	long count = 0;

	need(fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof any) == 0, "bind");
	need(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0, "timeout");
	need(recv(fd, payload, sizeof payload, 0) > 0, "first datagram");
	begin = now_us();
	end = begin + (double)ms * 1e3;
	while (now_us() < end)
		count += recv(fd, payload, sizeof payload, 0) > 0;
	end = now_us();
	close(fd);
	return (double)count * 1e6 / (end - begin);
}

static int compare(const void *a, const void *b)
{
	const double first = *(const double *)a, second = *(const double *)b;

	return (first > second) - (first < second);
}

static double make_trips(const char *host, long count)
{
	static double taken[TRIPS_MAX];
	int fd = open_to(host, SOCK_DGRAM, ECHO, PATIENCE_S);
	char payload[18] = { 0 };

	need(count > 0 && count <= TRIPS_MAX, "trips");
	for (long i = 0; i < count; i++) {
		double begin = now_us();

		need(send(fd, payload, sizeof payload, 0) > 0 &&
			     recv(fd, payload, sizeof payload, 0) > 0,
		     "trip");
		taken[i] = now_us() - begin;
	}
	close(fd);
	qsort(taken, (size_t)count, sizeof *taken, compare);
	return taken[count / 2];
}

static double stream(const char *host, long ms, int is_writing)
{
	static char block[STREAM_BLOCK];
	int fd = open_to(host, SOCK_STREAM, is_writing ? STREAM_IN : STREAM_OUT, PATIENCE_S);
	double begin = now_us(), end = begin + (double)ms * 1e3, bytes = 0;

	while (now_us() < end) {
		ssize_t done = is_writing ? send(fd, block, sizeof block, MSG_NOSIGNAL)
					  : recv(fd, block, sizeof block, 0);

		need(done > 0, "stream");
		bytes += (double)done;
	}
	end = now_us();
	close(fd);
	return bytes * 8 / (end - begin);
}

static double build_port(const char *host, const char *line)
{
	char word[16];
	long first = 0, second = 0;

	need(sscanf(line, "%15s %ld %ld", word, &first, &second) >= 2, line);
	if (strcmp(word, "send") == 0)
		return send_datagrams(host, first, second);
	if (strcmp(word, "count") == 0)
		return count_datagrams(first);
	if (strcmp(word, "trip") == 0)
		return make_trips(host, first);
	need(strcmp(word, "write") == 0 || strcmp(word, "read") == 0, line);
	return stream(host, first, strcmp(word, "write") == 0);
}

int main(int argc, char **argv)
{
	char line[128];
	FILE *control;
	int fd;

	need(argc == 2, "usage: guest-traffic ADDRESS");
	fd = open_to(argv[1], SOCK_STREAM, CONTROL, 0);
	control = fdopen(fd, "r");
	need(control != NULL, "control");
	while (fgets(line, sizeof line, control) != NULL)
		need(dprintf(fd, "%.1f\n", build_port(argv[1], line)) > 0, "answer");
	return 0;
}
