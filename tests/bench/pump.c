/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Pumps frames from one TAP fd to another and counts. Both have vnet headers.
 *
 *     pump stream TX-FD RX-FD FRAME-BYTES GSO-SIZE SECONDS   frames and bits a second
 *     pump batch  TX-FD RX-FD FRAME-BYTES GSO-SIZE SECONDS   the same in one thread, 32 written,
 *                                                            then 32 read: nothing is ever lost
 *     pump echo   A-FD  B-FD  FRAME-BYTES COUNT              round trips, microseconds
 *
 * FRAME-BYTES without checksum; GSO-SIZE 0 sends plain frames.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define HEADER sizeof(struct virtio_net_hdr)
#define FRAME_MAX 65600
#define MARK 0x5a

struct buffer {
	size_t length;
	unsigned char bytes[HEADER + FRAME_MAX];
};

struct reader {
	int fd;
	atomic_int stop;
	unsigned long frames, bytes;
};

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* An IPv4 TCP segment from guest number from to guest number to. */
static void fill(struct buffer *buffer, unsigned char from, unsigned char to, size_t frame_bytes,
		 unsigned gso_size)
{
	unsigned char *frame = buffer->bytes + HEADER;
	struct virtio_net_hdr *header = (struct virtio_net_hdr *)buffer->bytes;
	unsigned sum = 0;

	memset(buffer->bytes, 0, sizeof buffer->bytes);
	buffer->length = HEADER + frame_bytes;
	memcpy(frame, (unsigned char[]){ 2, 0, 0, 0, 9, to, 2, 0, 0, 0, 9, from, 8, 0 }, 14);
	frame[14] = 0x45;
	frame[16] = (unsigned char)((frame_bytes - 14) >> 8);
	frame[17] = (unsigned char)(frame_bytes - 14);
	frame[22] = 64;
	frame[23] = 6;
	memcpy(frame + 26, (unsigned char[]){ 10, 9, 9, from, 10, 9, 9, to }, 8);
	for (int i = 14; i < 34; i += 2)
		sum += (unsigned)(frame[i] << 8 | frame[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~(sum + (sum >> 16));
	frame[24] = (unsigned char)(sum >> 8);
	frame[25] = (unsigned char)sum;
	memcpy(frame + 34, (unsigned char[]){ 0x10, from, 0x10, to }, 4);
	frame[46] = 0x50;
	frame[47] = 0x10;
	frame[53] = MARK;
	if (gso_size > 0) {
		header->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		header->gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
		header->gso_size = (__u16)gso_size;
		header->hdr_len = 54;
		header->csum_start = 34;
		header->csum_offset = 16;
	}
}

static int is_ours(const unsigned char *bytes, ssize_t length)
{
	return length > (ssize_t)HEADER + 53 && bytes[HEADER + 53] == MARK;
}

static void *read_all(void *context)
{
	struct reader *reader = context;
	static unsigned char bytes[HEADER + FRAME_MAX];
	struct pollfd readable = { .fd = reader->fd, .events = POLLIN };

	while (!atomic_load_explicit(&reader->stop, memory_order_relaxed)) {
		ssize_t length = read(reader->fd, bytes, sizeof bytes);

		if (length < 0) {
			poll(&readable, 1, 10);
			continue;
		}
		if (is_ours(bytes, length)) {
			reader->frames++;
			reader->bytes += (unsigned long)length - HEADER;
		}
	}
	return NULL;
}

static double cpu_s(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void pin(pthread_t thread, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	pthread_setaffinity_np(thread, sizeof set, &set);
}

static int stream(int tx, int rx, size_t frame_bytes, unsigned gso_size, double seconds)
{
	static struct buffer buffer;
	struct reader reader = { .fd = rx };
	unsigned long sent = 0;
	double begin, end, cpu;
	pthread_t thread;

	/* The bridge learns where both guests are. */
	fill(&buffer, 2, 1, 60, 0);
	(void)!write(rx, buffer.bytes, buffer.length);
	fill(&buffer, 1, 2, frame_bytes, gso_size);
	fcntl(rx, F_SETFL, O_NONBLOCK);
	pthread_create(&thread, NULL, read_all, &reader);
	pin(pthread_self(), 0);
	pin(thread, 1);
	begin = now_s();
	cpu = cpu_s();
	do {
		for (int i = 0; i < 32; i++)
			sent += write(tx, buffer.bytes, buffer.length) > 0;
	} while (now_s() < begin + seconds);
	end = now_s();
	cpu = cpu_s() - cpu;
	usleep(20000);
	atomic_store(&reader.stop, 1);
	pthread_join(thread, NULL);
	printf("%.0f %.0f %.0f %.3f\n", (double)sent / (end - begin),
	       (double)reader.frames / (end - begin),
	       (double)reader.bytes * 8 / (end - begin) / 1e6,
	       sent > 0 ? cpu * 1e6 / (double)sent : 0.0);
	return 0;
}

/* Read until so many of ours have come. Returns their bytes, 0 if they do not come. */
static unsigned long collect(int fd, unsigned wanted)
{
	static unsigned char bytes[HEADER + FRAME_MAX];
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	unsigned long total = 0;

	while (wanted > 0) {
		ssize_t length = read(fd, bytes, sizeof bytes);

		if (length < 0 && poll(&readable, 1, 1000) <= 0)
			return 0;
		if (is_ours(bytes, length)) {
			total += (unsigned long)length - HEADER;
			wanted--;
		}
	}
	return total;
}

static int batch(int tx, int rx, size_t frame_bytes, unsigned gso_size, double seconds)
{
	static struct buffer buffer;
	unsigned long frames = 0, bytes = 0;
	double begin, end, cpu;

	fill(&buffer, 2, 1, 60, 0);
	(void)!write(rx, buffer.bytes, buffer.length);
	fill(&buffer, 1, 2, frame_bytes, gso_size);
	fcntl(rx, F_SETFL, O_NONBLOCK);
	pin(pthread_self(), 0);
	begin = now_s();
	cpu = cpu_s();
	do {
		unsigned long got;

		for (int i = 0; i < 32; i++)
			frames += write(tx, buffer.bytes, buffer.length) > 0;
		got = collect(rx, 32);
		if (got == 0) {
			puts("lost");
			return 1;
		}
		bytes += got;
		end = now_s();
	} while (end < begin + seconds);
	cpu = cpu_s() - cpu;
	printf("%.0f %.0f %.0f %.3f\n", (double)frames / (end - begin),
	       (double)frames / cpu, (double)bytes * 8 / cpu / 1e6,
	       cpu * 1e6 / (double)frames);
	return 0;
}

/* Wait for our frame. */
static int expect(int fd)
{
	static unsigned char bytes[HEADER + FRAME_MAX];
	struct pollfd readable = { .fd = fd, .events = POLLIN };

	while (poll(&readable, 1, 1000) > 0) {
		if (is_ours(bytes, read(fd, bytes, sizeof bytes)))
			return 0;
	}
	return -1;
}

static int compare(const void *left, const void *right)
{
	double difference = *(const double *)left - *(const double *)right;

	return difference < 0 ? -1 : difference > 0;
}

static int echo(int a, int b, size_t frame_bytes, unsigned count)
{
	static struct buffer there, back;
	double *taken = calloc(count, sizeof *taken);

	fill(&there, 1, 2, frame_bytes, 0);
	fill(&back, 2, 1, frame_bytes, 0);
	for (unsigned i = 0; i < count; i++) {
		double begin = now_s();

		if (write(a, there.bytes, there.length) < 0 || expect(b) < 0 ||
		    write(b, back.bytes, back.length) < 0 || expect(a) < 0) {
			puts("lost");
			return 1;
		}
		taken[i] = (now_s() - begin) * 1e6;
	}
	qsort(taken, count, sizeof *taken, compare);
	printf("%.2f %.2f %.2f\n", taken[count / 2], taken[count / 10 * 9], taken[count / 100 * 99]);
	return 0;
}

int main(int argc, char **argv)
{
	int a, b;

	if (argc < 6)
		return 2;
	a = atoi(argv[2]);
	b = atoi(argv[3]);
	if (ioctl(b, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) < 0 ||
	    ioctl(a, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) < 0)
		return 1;
	if (strcmp(argv[1], "echo") == 0)
		return echo(a, b, (size_t)atoi(argv[4]), (unsigned)atoi(argv[5]));
	if (strcmp(argv[1], "batch") == 0)
		return batch(a, b, (size_t)atoi(argv[4]), (unsigned)atoi(argv[5]), atof(argv[6]));
	return stream(a, b, (size_t)atoi(argv[4]), (unsigned)atoi(argv[5]), atof(argv[6]));
}
