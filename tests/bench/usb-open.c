/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 vmgrant contributors */
/*
 * Time what a USB node costs.
 *
 *   usb-open bare RUNS NODE      open, read the descriptors, ask for capabilities, close: the
 *                                system calls alone, as who may do that
 *   usb-open first RUNS DEVICE   a helper is started, asked and ended
 *   usb-open second RUNS DEVICE  asked on a connection that is open already
 *   usb-open first-query ...     the same two, but the device is only judged: the only ones
 *   usb-open second-query ...    that need no real device
 *
 * DEVICE is VENDOR:PRODUCT or a port, as 1-1.4. Prints a JSON array of the samples in
 * microseconds. The policy has to allow the device with polkit=no. Ends with 1 when one fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "client/library/vmgrant.h"

#define RUNS_MAX 100000L

struct subject {
	const char *node;
	struct vmgrant_connection *connection; /* of second */
	struct vmgrant_usb_request request;
};

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int open_bare(const struct subject *subject)
{
	char descriptors[4096];
	__u32 capabilities;
	int fd = open(subject->node, O_RDWR | O_CLOEXEC);
	int good = fd >= 0 && read(fd, descriptors, sizeof descriptors) >= 18 &&
		   ioctl(fd, USBDEVFS_GET_CAPABILITIES, &capabilities) == 0;

	if (!good)
		(void)fprintf(stderr, "usb-open: %s: %s\n", subject->node, strerror(errno));
	if (fd >= 0)
		close(fd);
	return good ? 0 : -1;
}

static int ask(struct vmgrant_connection *connection, const struct subject *subject)
{
	struct vmgrant_usb usb = { .size = sizeof usb };

	if (connection == NULL)
		return -1;
	if (vmgrant_usb(connection, &subject->request, &usb) != VMGRANT_GRANTED) {
		(void)fprintf(stderr, "usb-open: %s\n", vmgrant_error(connection));
		return -1;
	}
	vmgrant_usb_close(&usb);
	return 0;
}

static int open_once(const struct subject *subject)
{
	struct vmgrant_connection *connection;
	int result;

	if (subject->node != NULL)
		return open_bare(subject);
	if (subject->connection != NULL)
		return ask(subject->connection, subject);
	connection = vmgrant_connect(NULL);
	result = ask(connection, subject);
	vmgrant_close(connection);
	return result;
}

static void print_samples(const double *samples, long runs)
{
	for (long run = 0; run < runs; run++)
		printf("%s%.1f", run == 0 ? "[" : ", ", samples[run]);
	puts("]");
}

static int measure(const struct subject *subject, long runs)
{
	double *samples = calloc((size_t)runs, sizeof *samples), begin;
	/* The first one fills caches and is not counted. */
	int result = samples != NULL ? open_once(subject) : -1;

	for (long run = 0; result == 0 && run < runs; run++) {
		begin = now_us();
		result = open_once(subject);
		samples[run] = now_us() - begin;
	}
	if (result == 0)
		print_samples(samples, runs);
	free(samples);
	return result;
}

static void name_device(struct vmgrant_usb_request *request, const char *device)
{
	unsigned vendor, product;
	char rest;

	if (sscanf(device, "%4x:%4x%c", &vendor, &product, &rest) != 2) {
		request->port = device;
		return;
	}
	request->vendor = (uint16_t)vendor;
	request->product = (uint16_t)product;
	request->flags |= VMGRANT_USB_IDS;
}

static int prepare(struct subject *subject, const char *what, const char *object)
{
	*subject = (struct subject){ .request = { .size = sizeof subject->request } };
	if (strcmp(what, "bare") == 0) {
		subject->node = object;
		return 0;
	}
	name_device(&subject->request, object);
	if (strstr(what, "-query") != NULL)
		subject->request.flags |= VMGRANT_DEVICE_QUERY;
	if (strcmp(what, "first") == 0 || strcmp(what, "first-query") == 0)
		return 0;
	if (strcmp(what, "second") != 0 && strcmp(what, "second-query") != 0)
		return -1;
	subject->connection = vmgrant_connect(NULL);
	return subject->connection != NULL ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct subject subject;
	long runs = argc == 4 ? strtol(argv[2], NULL, 10) : 0;
	int result;

	if (runs < 1 || runs > RUNS_MAX || prepare(&subject, argv[1], argv[3]) < 0) {
		(void)fputs("usage: usb-open bare RUNS NODE\n"
			    "       usb-open first|second|first-query|second-query RUNS DEVICE\n",
			    stderr);
		return 2;
	}
	result = measure(&subject, runs);
	vmgrant_close(subject.connection);
	return result == 0 ? 0 : 1;
}
